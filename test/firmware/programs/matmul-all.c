/* Products of many shapes, sizes of 0 and 1 among them, each behind another one whose sums and rows are left over. */
#include "matmul.h"
#include "uart.h"

/* Of all products every one, or fewer: RTL takes its time. */
#ifndef EVERY
#define EVERY 1
#endif

#define MOST 37

static int8_t a[MOST * MOST], weights[MOST * MOST], results[MOST * MOST + 1];
static int32_t sums[MOST * MOST + 1];
static tn_channel_t channels[MOST];
static uint32_t state = 7;

static int8_t random_int8(void)
{
  state = state * 1664525u + 1013904223u;
  return (int8_t)(state >> 24);
}

static int8_t expected_int8(int32_t sum, uint32_t column)
{
  int32_t value = ((sum + 5 * (int32_t)column + 128) >> 8) + 3;
  return (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
}

int main(void)
{
  static const uint8_t shapes[][3] = {
    { 3, 3, 3 }, { 5, 6, 0 }, { 0, 4, 4 }, { 4, 0, 4 }, { 1, 1, 1 }, { 1, 1, 0 }, { 9, 17, 33 }, { 17, 9, 5 }, { 37, 2, 37 }, { 2, 37, 8 }, { 16, 16, 16 },
  };
  for (uint32_t n = 0; n < MOST; n++) channels[n] = tn_channel(5 * (int32_t)n, 1, 8, 3, -128, 127);
  for (uint32_t test = 0; test < sizeof shapes / sizeof shapes[0]; test += EVERY) {
    matmul_t p = { shapes[test][0], shapes[test][1], shapes[test][2], a, weights };
    for (uint32_t i = 0; i < p.m * p.k; i++) a[i] = random_int8();
    for (uint32_t i = 0; i < p.n * p.k; i++) weights[i] = random_int8();
    uint32_t size = p.m * p.n;
    sums[size] = 77;
    results[size] = 77;
    uint32_t status = matmul_int32(&p, sums) | matmul_int8(&p, channels, results);
    uint32_t wrong = status != 0 || sums[size] != 77 || results[size] != 77;
    for (uint32_t i = 0; i < size; i++) {
      int32_t sum = 0;
      for (uint32_t k = 0; k < p.k; k++) sum += a[i / p.n * p.k + k] * weights[i % p.n * p.k + k];
      if (sums[i] != sum || results[i] != expected_int8(sum, i % p.n)) wrong += 1;
    }
    if (wrong != 0) {
      uart_printf("%u x %u x %u: status %u, %u wrong\n", (unsigned)p.m, (unsigned)p.n, (unsigned)p.k, (unsigned)status, (unsigned)wrong);
      return 1;
    }
  }
  uart_puts("all right");
  return 0;
}
