/* Convolutions and maximum pooling on the tensor unit, of any size, stride, dilation and padding and on any chip: sizes are asked of the chip at run time. */
#ifndef SYSTOLE_CONV_H
#define SYSTOLE_CONV_H

#include <systole.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  /*
   * input: [height][width][channels]; weights: [outputs][kernel_height][kernel_width][channels], of a depthwise one
   * [kernel_height][kernel_width][channels]; both int8. All sizes are at least 1.
   */
  uint32_t height, width, channels, outputs, kernel_height, kernel_width;
  /* Pixels from one output to the next, and from one pixel of the kernel to the next; at least 1. */
  uint32_t stride_y, stride_x, dilation_y, dilation_x;
  /* Lines above and columns left of the input. How many are below and right of it follows from the size of the output. */
  uint32_t pad_top, pad_left;
  uint32_t out_height, out_width;
  /* What stands beside the input: the zero point of its activations. It is not taken off them: its part of the sums belongs into the bias. */
  int8_t padding;
  const int8_t *input;
  const int8_t *weights;
} conv_t;

/*
 * result [out_height][out_width][outputs] int8, requantised with one channel record for each output. Returns what went wrong, bits TN_REFUSED
 * and TN_FAILED: 0 if all went well. The output is done in tiles, as many outputs at a time as the mesh has columns. Where the chip has tn.win, the
 * convolution fits it and gains by it, the pixels of a tile are loaded once for all of the kernel; else once for each of the kernel's pixels.
 * All rows of the unit's memories are taken meanwhile: an interrupt handler may ask the unit and wait for it, and must leave them alone.
 */
uint32_t conv_int8(const conv_t *conv, const tn_channel_t *channels, int8_t *result);

/*
 * The same for a depthwise convolution: every channel has a kernel of its own and makes one output, so that `outputs` is not looked at. Where the
 * chip has tn.dl and it gains by it, a line of the kernel is one product, or several; where it lacks tn.dw, every channel is a convolution of its
 * own, which is slow.
 */
uint32_t depthwise_int8(const conv_t *conv, const tn_channel_t *channels, int8_t *result);

/*
 * Maximum pooling: result [out_height][out_width][channels] has of every channel the greatest of the kernel's pixels that are in the input, -128
 * where there are none. `outputs`, `padding` and `weights` are not looked at. Where the chip lacks tn.mx, the core looks for the greatest.
 */
uint32_t maxpool_int8(const conv_t *pool, int8_t *result);

#ifdef __cplusplus
}
#endif

#endif
