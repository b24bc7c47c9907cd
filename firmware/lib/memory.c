/* The functions that a C compiler may call on its own account. */
#include <stddef.h>
#include <stdint.h>

/* May alias any type. */
typedef uint32_t __attribute__((may_alias)) word;

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
  unsigned char *t = to;
  const unsigned char *f = from;
  if ((((uintptr_t)t | (uintptr_t)f) & 3) == 0) {
    for (; bytes >= 16; bytes -= 16, t += 16, f += 16) {
      const word *source = (const word *)f;
      word *target = (word *)t;
      const word a = source[0], b = source[1], c = source[2], d = source[3];
      target[0] = a;
      target[1] = b;
      target[2] = c;
      target[3] = d;
    }
  }
  while (bytes-- > 0) *t++ = *f++;
  return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
  unsigned char *t = to;
  const unsigned char *f = from;
  if (t <= f) {
    while (bytes-- > 0) *t++ = *f++;
    return to;
  }
  while (bytes-- > 0) t[bytes] = f[bytes];
  return to;
}

void *memset(void *to, int value, size_t bytes)
{
  unsigned char *t = to;
  while (bytes-- > 0) *t++ = (unsigned char)value;
  return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
  const unsigned char *x = a;
  const unsigned char *y = b;
  for (; bytes-- > 0; x++, y++) {
    if (*x != *y) return *x < *y ? -1 : 1;
  }
  return 0;
}
