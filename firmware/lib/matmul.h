/* Matrix products on the tensor unit, for matrices of any size and any chip: sizes are asked of the chip at run time. */
#ifndef SYSTOLE_MATMUL_H
#define SYSTOLE_MATMUL_H

#include <systole.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  uint32_t m, n, k;
  /* a: [m][k], weights: [n][k], both int8 and row-major: one row of weights makes one column of the result. */
  const int8_t *a;
  const int8_t *weights;
} matmul_t;

/*
 * c [m][n] int32 = a times the transpose of weights. Returns what went wrong, bits TN_REFUSED and TN_FAILED: 0 if all went well.
 * Nothing has to be done before: with k = 0 every sum is 0.
 * All rows of the unit's memories are taken meanwhile: an interrupt handler may ask the unit and wait for it, and must leave them alone.
 */
uint32_t matmul_int32(const matmul_t *product, int32_t *c);

/* c [m][n] int8: the same, requantised with one channel record for each of the n columns. */
uint32_t matmul_int8(const matmul_t *product, const tn_channel_t *channels, int8_t *c);

#ifdef __cplusplus
}
#endif

#endif
