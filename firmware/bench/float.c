/* Floating point in single precision by the compiler's integer routines: 16 steps of two multiplications, three additions, one division. */
#include "bench.h"

#define STEPS 16

static volatile float start;
static volatile float result;

void prepare(void)
{
  start = 0.3f;
  result = 0.0f;
}

/* Chaotic: an error in the last bit of any step shows in the result. */
void kernel(void)
{
  float x = start;
  for (int step = 0; step < STEPS; step++) {
    const float product = (3.7f * x) * (1.0f - x);
    x = product + 0.01f / (x + 1.0f);
  }
  result = x;
}

int is_right(void)
{
  const union {
    float value;
    uint32_t bits;
  } got = {.value = result};
  return got.bits == 0x3f3d5350u;
}
