/* What a kernel defines; harness.c calls it. Their sizes are part of the measurement: a change of one changes the figures. */
#ifndef SYSTOLE_BENCH_H
#define SYSTOLE_BENCH_H

#include <stddef.h>
#include <stdint.h>

/* Makes operands; runs before every call, outside the measurement. */
void prepare(void);
/* The measured work. */
void kernel(void);
/* Whether the work was done right: looked at after every call. */
int is_right(void);

/* Pseudo-random, the same in every run. */
static inline uint32_t next_random(uint32_t *state)
{
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  *state = x;
  return x;
}

#endif
