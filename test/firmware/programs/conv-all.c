/* Convolutions and pools of all kinds, each behind another one whose sums and rows are left over, against plain C. */
#include "conv.h"
#include "uart.h"

/* Of all convolutions every one, or fewer: RTL takes its time. */
#ifndef EVERY
#define EVERY 1
#endif

#define MOST_INPUT 2400
#define MOST_WEIGHTS 2400
#define MOST_RESULTS 2400
#define MOST_OUTPUTS 40

static int8_t input[MOST_INPUT], weights[MOST_WEIGHTS], results[MOST_RESULTS + 1];
static tn_channel_t channels[MOST_OUTPUTS];
static uint32_t state = 7;

static int8_t random_int8(void)
{
  state = state * 1664525u + 1013904223u;
  return (int8_t)(state >> 24);
}

enum { FULL, DEPTHWISE, MAXIMUM, KINDS };

static int8_t expected(const conv_t *c, uint32_t y, uint32_t x, uint32_t output, uint32_t kind)
{
  int32_t sum = 0, greatest = -128;
  for (uint32_t ky = 0; ky < c->kernel_height; ky++) {
    for (uint32_t kx = 0; kx < c->kernel_width; kx++) {
      int32_t line = (int32_t)(y * c->stride_y + ky * c->dilation_y) - (int32_t)c->pad_top;
      int32_t column = (int32_t)(x * c->stride_x + kx * c->dilation_x) - (int32_t)c->pad_left;
      int is_there = line >= 0 && line < (int32_t)c->height && column >= 0 && column < (int32_t)c->width;
      for (uint32_t channel = 0; channel < c->channels; channel++) {
        int32_t a = is_there ? input[((uint32_t)line * c->width + (uint32_t)column) * c->channels + channel] : c->padding;
        uint32_t tap = ((kind == FULL ? output * c->kernel_height : 0) + ky) * c->kernel_width + kx;
        if (kind != FULL && channel != output) continue;
        if (is_there && a > greatest) greatest = a;
        sum += a * weights[tap * c->channels + channel];
      }
    }
  }
  if (kind == MAXIMUM) return (int8_t)greatest;
  int32_t value = ((sum + 5 * (int32_t)output + 128) >> 8) + 3;
  return (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
}

int main(void)
{
  /* height, width, channels, outputs, kernel, strides, dilations, padding above and left, output, padding's value */
  static const int16_t cases[][15] = {
    { 5, 6, 3, 4, 3, 3, 1, 1, 1, 1, 1, 1, 5, 6, -128 }, { 7, 7, 9, 5, 1, 1, 1, 1, 1, 1, 0, 0, 7, 7, 3 }, { 9, 8, 4, 6, 3, 3, 2, 2, 1, 1, 0, 0, 5, 4, 7 },
    { 9, 9, 2, 3, 3, 2, 1, 1, 3, 2, 3, 1, 9, 9, -5 }, { 1, 12, 5, 2, 1, 7, 1, 2, 1, 1, 0, 3, 1, 6, 1 }, { 12, 1, 17, 9, 4, 1, 3, 1, 2, 1, 2, 0, 4, 1, 127 },
    { 3, 3, 1, 1, 5, 5, 1, 1, 1, 1, 2, 2, 3, 3, 9 }, { 2, 2, 3, 2, 2, 2, 1, 1, 1, 1, 5, 6, 11, 12, -9 }, { 6, 5, 2, 2, 2, 2, 5, 6, 1, 1, 1, 0, 2, 1, 2 },
    { 4, 90, 1, 2, 2, 3, 1, 1, 2, 40, 0, 10, 3, 40, -1 }, { 3, 4, 2, 37, 2, 2, 1, 1, 1, 1, 0, 0, 2, 3, 0 }, { 2, 3, 33, 3, 2, 1, 1, 1, 1, 1, 1, 0, 2, 3, -77 },
    { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0 }, { 2, 2, 2, 2, 1, 1, 4, 4, 1, 1, 8, 4, 4, 3, 11 }, { 1, 1, 4, 3, 1, 1, 1, 1, 1, 1, 63, 2, 3, 4, 21 },
    { 30, 3, 2, 4, 3, 3, 4, 1, 1, 1, 1, 1, 8, 3, 50 }, { 2, 40, 3, 3, 2, 3, 1, 1, 1, 1, 0, 1, 1, 40, -30 }, { 4, 4, 2, 2, 2, 2, 1, 1, 1, 1, 70, 64, 1, 2, 13 },
  };
  for (uint32_t n = 0; n < MOST_OUTPUTS; n++) channels[n] = tn_channel(5 * (int32_t)n, 1, 8, 3, -128, 127);
  for (uint32_t i = 0; i < MOST_INPUT; i++) input[i] = random_int8();
  for (uint32_t i = 0; i < MOST_WEIGHTS; i++) weights[i] = random_int8();
  for (uint32_t test = 0; test < sizeof cases / sizeof cases[0]; test += EVERY) {
    const int16_t *s = cases[test];
    conv_t c = { (uint32_t)s[0], (uint32_t)s[1], (uint32_t)s[2], (uint32_t)s[3], (uint32_t)s[4], (uint32_t)s[5], (uint32_t)s[6], (uint32_t)s[7], (uint32_t)s[8],
      (uint32_t)s[9], (uint32_t)s[10], (uint32_t)s[11], (uint32_t)s[12], (uint32_t)s[13], (int8_t)s[14], input, weights };
    for (uint32_t kind = FULL; kind < KINDS; kind++) {
      uint32_t outputs = kind == FULL ? c.outputs : c.channels;
      uint32_t size = c.out_height * c.out_width * outputs;
      results[size] = 77;
      uint32_t status = kind == MAXIMUM ? maxpool_int8(&c, results)
        : kind == DEPTHWISE ? depthwise_int8(&c, channels, results) : conv_int8(&c, channels, results);
      uint32_t wrong = status != 0 || results[size] != 77;
      for (uint32_t i = 0; i < size; i++) {
        uint32_t pixel = i / outputs;
        wrong += results[i] != expected(&c, pixel / c.out_width, pixel % c.out_width, i % outputs, kind);
      }
      if (wrong != 0) {
        uart_printf("convolution %u of kind %u: status %u, %u of %u wrong\n", (unsigned)test, (unsigned)kind, (unsigned)status, (unsigned)wrong, (unsigned)size);
        return 1;
      }
    }
  }
  uart_puts("all right");
  return 0;
}
