/* Product of two 12x12 matrices of 16-bit integers, sums of 32 bits. */
#include "bench.h"

#define SIZE 12

static int16_t a[SIZE][SIZE];
static int16_t b[SIZE][SIZE];
static int32_t product[SIZE][SIZE];

void prepare(void)
{
  for (int row = 0; row < SIZE; row++) {
    for (int column = 0; column < SIZE; column++) {
      a[row][column] = (int16_t)(row + 2 * column - 9);
      b[row][column] = (int16_t)(3 * row - column + 4);
      product[row][column] = 0;
    }
  }
}

void kernel(void)
{
  for (int row = 0; row < SIZE; row++) {
    for (int column = 0; column < SIZE; column++) {
      int32_t sum = 0;
      for (int i = 0; i < SIZE; i++) sum += a[row][i] * b[i][column];
      product[row][column] = sum;
    }
  }
}

/* a[r][i] b[i][c] = (r - 9 + 2i)(4 - c + 3i): its sum over i, by the sums of 1, i and i*i. */
int is_right(void)
{
  const int32_t sum_i = SIZE * (SIZE - 1) / 2;
  const int32_t sum_ii = SIZE * (SIZE - 1) * (2 * SIZE - 1) / 6;
  for (int32_t r = 0; r < SIZE; r++) {
    for (int32_t c = 0; c < SIZE; c++) {
      const int32_t p = r - 9;
      const int32_t q = 4 - c;
      if (product[r][c] != SIZE * p * q + (3 * p + 2 * q) * sum_i + 6 * sum_ii) return 0;
    }
  }
  return 1;
}
