/* The library's memcpy: 1024 bytes, both places aligned to words. */
#include "bench.h"

#define BYTES 1024

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);

static uint32_t from[BYTES / 4];
static uint32_t to[BYTES / 4];

void prepare(void)
{
  uint32_t random = 1;
  for (int i = 0; i < BYTES / 4; i++) {
    from[i] = next_random(&random);
    to[i] = 0;
  }
}

void kernel(void)
{
  memcpy(to, from, BYTES);
}

int is_right(void)
{
  for (int i = 0; i < BYTES / 4; i++) {
    if (to[i] != from[i]) return 0;
  }
  return 1;
}
