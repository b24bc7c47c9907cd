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

/* How a product is cut for the chip at hand: tiles of `width` columns, `chunk` rows at a time, operands in `sides` parts of the scratchpad. */
typedef struct {
  uint32_t lanes, width, chunk, sides, side_rows;
} plan_t;

/* Tiles of at most `limit` columns. Right for every chip: none has fewer than four rows in any of its memories. */
static plan_t plan(uint32_t limit)
{
  plan_t plan;
  uint32_t rows = tn_info(TN_INFO_SCRATCHPAD_ROWS);
  plan.lanes = tn_info(TN_INFO_ROWS);
  plan.width = least(tn_info(TN_INFO_COLUMNS), limit);
  plan.sides = 2;
  if (rows / 2 <= plan.width) {
    /* Two tiles with activations do not fit: one, half of it weights at the most. */
    plan.sides = 1;
    plan.width = least(plan.width, rows / 2);
  }
  plan.side_rows = rows / plan.sides;
  /* Requantised rows take the place of the operands. */
  uint32_t groups = (plan.width + plan.lanes - 1) / plan.lanes;
  plan.chunk = least(least(plan.side_rows - plan.width, rows / groups), least(tn_info(TN_INFO_ACCUMULATOR_ROWS) / 2, COUNT_LIMIT));
  return plan;
}

/* Sums of one tile: rows from m0 on, columns from n0 on, into accumulators from `sums` on. */
static void tile(const matmul_t *p, const plan_t *plan, uint32_t m0, uint32_t count, uint32_t n0, uint32_t columns, uint32_t sums)
{
  /* Nothing to add up is one product with 0: the sums of some other product must not stay. */
  static const int8_t zero = 0;
  uint32_t side = 0;
  uint32_t k0 = 0;
  do {
    uint32_t lanes = p->k == 0 ? 1 : least(plan->lanes, p->k - k0);
    const int8_t *weights = p->k == 0 ? &zero : p->weights + n0 * p->k + k0;
    const int8_t *rows = p->k == 0 ? &zero : p->a + m0 * p->k + k0;
    uint32_t a = side * plan->side_rows;
    uint32_t w = a + plan->chunk;
    tn_arg(p->k, lanes, 0);
    tn_ld(weights, w, columns);
    tn_arg(p->k, lanes, 0);
    tn_ld(rows, a, count);
    tn_mm(a, w, sums, count, columns - 1, k0 > 0);
    side = plan->sides - 1 - side;
    k0 += lanes;
  } while (k0 < p->k);
}

uint32_t matmul_int32(const matmul_t *p, int32_t *c)
{
  plan_t by = plan(UINT32_MAX);
  /* What is still under way may fail yet: that is not ours. */
  uint32_t before = tn_fence();
  uint32_t sums = 0;
  for (uint32_t m0 = 0; m0 < p->m; m0 += by.chunk) {
    uint32_t count = least(by.chunk, p->m - m0);
    for (uint32_t n0 = 0; n0 < p->n; n0 += by.width) {
      uint32_t columns = least(by.width, p->n - n0);
      tile(p, &by, m0, count, n0, columns, sums);
      tn_arg(4 * p->n, 4 * columns, 0);
      tn_sta(c + m0 * p->n + n0, sums, count);
      sums = by.chunk - sums;
    }
  }
  return tn_errors(before, tn_fence());
}

uint32_t matmul_int8(const matmul_t *p, const tn_channel_t *channels, int8_t *c)
{
  /* A chip with fewer channel records than columns cannot requantise a whole tile. */
  plan_t by = plan(tn_info(TN_INFO_CHANNELS));
  uint32_t before = tn_fence();
  uint32_t sums = 0;
  for (uint32_t n0 = 0; n0 < p->n; n0 += by.width) {
    uint32_t columns = least(by.width, p->n - n0);
    tn_ldp(channels + n0, 0, columns);
    for (uint32_t m0 = 0; m0 < p->m; m0 += by.chunk) {
      uint32_t count = least(by.chunk, p->m - m0);
      tile(p, &by, m0, count, n0, columns, sums);
      tn_rq(sums, count, columns - 1, 0, 0);
      for (uint32_t first = 0; first < columns; first += by.lanes) {
        tn_arg(p->n, least(by.lanes, columns - first), 0);
        tn_st(c + m0 * p->n + n0 + first, first / by.lanes * count, count);
      }
      sums = by.chunk - sums;
    }
  }
  return tn_errors(before, tn_fence());
}
