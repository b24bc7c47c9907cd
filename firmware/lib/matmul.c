/*
 * Matrix products on the tensor unit. Rows of the result are done in chunks that the accumulators hold, columns a tile at a time; the
 * operands of one tile alternate between two halves of the scratchpad so that loads run ahead of products.
 */
#include "matmul.h"

/* What a count of rows in tn_mm can say. */
#define COUNT_LIMIT 4095u

static uint32_t least(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

typedef struct {
  uint32_t rows, columns, half, chunk, channels;
} chip_t;

static chip_t ask_chip(void)
{
  chip_t chip;
  chip.rows = tn_info(TN_INFO_ROWS);
  chip.columns = tn_info(TN_INFO_COLUMNS);
  chip.half = tn_info(TN_INFO_SCRATCHPAD_ROWS) / 2;
  chip.channels = tn_info(TN_INFO_CHANNELS);
  /* A half holds the activations, the weights of a tile, and in the end the requantised rows in place of both. */
  uint32_t groups = (chip.columns + chip.rows - 1) / chip.rows;
  chip.chunk = least(least(chip.half - chip.columns, chip.half / groups), least(tn_info(TN_INFO_ACCUMULATOR_ROWS) / 2, COUNT_LIMIT));
  return chip;
}

/* Sums of one tile: rows from m0 on, columns from n0 on, into accumulators from `sums` on. */
static void tile(const matmul_t *p, const chip_t *chip, uint32_t m0, uint32_t count, uint32_t n0, uint32_t columns, uint32_t sums)
{
  uint32_t side = 0;
  for (uint32_t k0 = 0; k0 < p->k; k0 += chip->rows) {
    uint32_t lanes = least(chip->rows, p->k - k0);
    uint32_t a = side * chip->half;
    uint32_t w = a + chip->chunk;
    tn_arg(p->k, lanes);
    tn_ld(p->weights + n0 * p->k + k0, w, columns);
    tn_arg(p->k, lanes);
    tn_ld(p->a + m0 * p->k + k0, a, count);
    tn_mm(a, w, sums, count, columns - 1, k0 > 0);
    side = 1 - side;
  }
}

uint32_t matmul_int32(const matmul_t *p, int32_t *c)
{
  chip_t chip = ask_chip();
  uint32_t sums = 0;
  for (uint32_t m0 = 0; m0 < p->m; m0 += chip.chunk) {
    uint32_t count = least(chip.chunk, p->m - m0);
    for (uint32_t n0 = 0; n0 < p->n; n0 += chip.columns) {
      uint32_t columns = least(chip.columns, p->n - n0);
      tile(p, &chip, m0, count, n0, columns, sums);
      tn_arg(4 * p->n, 4 * columns);
      tn_sta(c + m0 * p->n + n0, sums, count);
      sums = chip.chunk - sums;
    }
  }
  return tn_fence();
}

uint32_t matmul_int8(const matmul_t *p, const tn_channel_t *channels, int8_t *c)
{
  chip_t chip = ask_chip();
  uint32_t sums = 0;
  /* A chip with fewer channel records than columns cannot requantise a whole tile. */
  uint32_t width = least(chip.columns, chip.channels);
  for (uint32_t n0 = 0; n0 < p->n; n0 += width) {
    uint32_t columns = least(width, p->n - n0);
    tn_ldp(channels + n0, 0, columns);
    for (uint32_t m0 = 0; m0 < p->m; m0 += chip.chunk) {
      uint32_t count = least(chip.chunk, p->m - m0);
      tile(p, &chip, m0, count, n0, columns, sums);
      tn_rq(sums, count, columns - 1, 0, 0);
      for (uint32_t first = 0; first < columns; first += chip.rows) {
        tn_arg(p->n, least(chip.rows, columns - first));
        tn_st(c + m0 * p->n + n0 + first, first / chip.rows * count, count);
      }
      sums = chip.chunk - sums;
    }
  }
  return tn_fence();
}
