/* Multiplies matrices of odd shapes on the tensor unit, checks every element against plain C, and tells the cycles. */
#include "matmul.h"
#include "system.h"
#include "uart.h"

#define LARGEST_M 70
#define LARGEST_N 40
#define LARGEST_K 45

static int8_t a[LARGEST_M * LARGEST_K];
static int8_t weights[LARGEST_N * LARGEST_K];
static int32_t sums[LARGEST_M * LARGEST_N];
static int8_t results[LARGEST_M * LARGEST_N];
static tn_channel_t channels[LARGEST_N];

static uint32_t state = 1;

/* A linear congruential generator; the upper bits are the good ones. */
static int8_t random_int8(void)
{
  state = state * 1664525u + 1013904223u;
  return (int8_t)(state >> 24);
}

static int32_t expected_sum(const matmul_t *p, uint32_t row, uint32_t column)
{
  int32_t sum = 0;
  for (uint32_t k = 0; k < p->k; k++) sum += p->a[row * p->k + k] * p->weights[column * p->k + k];
  return sum;
}

/* What the channel records below ask for: (sum + 5 * column) / 256, rounded, plus 3, within int8. */
static int8_t expected_int8(int32_t sum, uint32_t column)
{
  int32_t value = ((sum + 5 * (int32_t)column + 128) >> 8) + 3;
  return (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
}

int main(void)
{
  static const uint32_t shapes[][3] = { { 1, 1, 1 }, { 4, 4, 4 }, { 7, 3, 5 }, { 16, 16, 16 }, { 33, 17, 29 }, { 70, 40, 45 } };
  for (uint32_t test = 0; test < sizeof shapes / sizeof shapes[0]; test++) {
    matmul_t p = { shapes[test][0], shapes[test][1], shapes[test][2], a, weights };
    for (uint32_t i = 0; i < p.m * p.k; i++) a[i] = random_int8();
    for (uint32_t i = 0; i < p.n * p.k; i++) weights[i] = random_int8();
    for (uint32_t n = 0; n < p.n; n++) channels[n] = tn_channel(5 * (int32_t)n, 1, 8, 3, -128, 127);

    uint32_t start = cycles_now();
    uint32_t status = matmul_int32(&p, sums);
    uint32_t cycles = cycles_now() - start;
    status |= matmul_int8(&p, channels, results);
    uart_printf("%3u x %3u x %3u: %6u cycles", (unsigned)p.m, (unsigned)p.n, (unsigned)p.k, (unsigned)cycles);
    if (status != 0) {
      uart_printf(", status %u\n", (unsigned)status);
      return 1;
    }
    for (uint32_t i = 0; i < p.m * p.n; i++) {
      int32_t sum = expected_sum(&p, i / p.n, i % p.n);
      if (sums[i] == sum && results[i] == expected_int8(sum, i % p.n)) continue;
      uart_printf(", element %u is wrong\n", (unsigned)i);
      return (int)(test + 2);
    }
    uart_puts(", correct");
  }
  return 0;
}
