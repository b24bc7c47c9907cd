/* The functions that a C compiler may call on its own account. */
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
  unsigned char *t = to;
  const unsigned char *f = from;
  while (bytes-- > 0) *t++ = *f++;
  return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
  unsigned char *t = to;
  const unsigned char *f = from;
  if (t <= f) return memcpy(to, from, bytes);
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
