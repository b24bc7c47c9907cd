/* Layers of small image and keyword networks on the tensor unit: checks every element against plain C and tells the cycles. */
#include "conv.h"
#include "system.h"
#include "uart.h"

#define LARGEST_INPUT 1536
#define LARGEST_WEIGHTS 1152
#define LARGEST_RESULT 520
#define LARGEST_OUTPUTS 8

static int8_t input[LARGEST_INPUT];
static int8_t weights[LARGEST_WEIGHTS];
static int8_t results[LARGEST_RESULT];
static tn_channel_t channels[LARGEST_OUTPUTS];

static uint32_t state = 1;

/* A linear congruential generator; the upper bits are the good ones. */
static int8_t random_int8(void)
{
  state = state * 1664525u + 1013904223u;
  return (int8_t)(state >> 24);
}

/* The channels of a pixel; 0: it is beside the input. */
static const int8_t *pixel_at(const conv_t *c, int32_t y, int32_t x)
{
  if (y < 0 || y >= (int32_t)c->height || x < 0 || x >= (int32_t)c->width) return 0;
  return c->input + ((uint32_t)y * c->width + (uint32_t)x) * c->channels;
}

/* What the channel records below ask for: (sum + 5 * output) / 256, rounded, plus 3, within int8. */
static int8_t expected(const conv_t *c, uint32_t y, uint32_t x, uint32_t output)
{
  int32_t sum = 5 * (int32_t)output;
  const int8_t *w = c->weights + output * c->kernel_height * c->kernel_width * c->channels;
  for (uint32_t ky = 0; ky < c->kernel_height; ky++) {
    for (uint32_t kx = 0; kx < c->kernel_width; kx++) {
      int32_t line = (int32_t)(y * c->stride_y + ky * c->dilation_y) - (int32_t)c->pad_top;
      int32_t column = (int32_t)(x * c->stride_x + kx * c->dilation_x) - (int32_t)c->pad_left;
      const int8_t *a = pixel_at(c, line, column);
      for (uint32_t channel = 0; channel < c->channels; channel++) sum += (a ? a[channel] : c->padding) * *w++;
    }
  }
  int32_t value = ((sum + 128) >> 8) + 3;
  return (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
}

int main(void)
{
  static const conv_t layers[] = {
    { 16, 16, 3, 8, 3, 3, 2, 2, 1, 1, 0, 0, 8, 8, -128, input, weights },
    { 8, 8, 16, 8, 3, 3, 1, 1, 1, 1, 1, 1, 8, 8, -128, input, weights },
    { 8, 8, 24, 8, 1, 1, 1, 1, 1, 1, 0, 0, 8, 8, 0, input, weights },
    { 25, 10, 1, 4, 10, 4, 2, 2, 1, 1, 4, 1, 13, 5, 83, input, weights },
    { 12, 9, 6, 2, 3, 3, 1, 1, 3, 2, 3, 2, 12, 9, -3, input, weights },
  };
  uint32_t cells = tn_info(TN_INFO_ROWS) * tn_info(TN_INFO_COLUMNS);
  for (uint32_t n = 0; n < LARGEST_OUTPUTS; n++) channels[n] = tn_channel(5 * (int32_t)n, 1, 8, 3, -128, 127);
  for (uint32_t i = 0; i < LARGEST_INPUT; i++) input[i] = random_int8();
  for (uint32_t i = 0; i < LARGEST_WEIGHTS; i++) weights[i] = random_int8();
  for (uint32_t test = 0; test < sizeof layers / sizeof layers[0]; test++) {
    const conv_t *c = &layers[test];
    uint32_t size = c->out_height * c->out_width * c->outputs;
    uint32_t products = size * c->kernel_height * c->kernel_width * c->channels;
    uint32_t start = cycles_now();
    uint32_t status = conv_int8(c, channels, results);
    uint32_t cycles = cycles_now() - start;
    uart_printf("%3u x %2u x %2u, kernel %2u x %u: %6u cycles, %2u products a cycle of %u", (unsigned)c->height, (unsigned)c->width, (unsigned)c->channels,
      (unsigned)c->kernel_height, (unsigned)c->kernel_width, (unsigned)cycles, (unsigned)(products / (cycles + (cycles == 0))), (unsigned)cells);
    if (status != 0) {
      uart_printf(", status %u\n", (unsigned)status);
      return 1;
    }
    for (uint32_t i = 0; i < size; i++) {
      uint32_t pixel = i / c->outputs;
      if (results[i] == expected(c, pixel / c->out_width, pixel % c->out_width, i % c->outputs)) continue;
      uart_printf(", element %u is wrong\n", (unsigned)i);
      return (int)(test + 2);
    }
    uart_puts(", correct");
  }
  return 0;
}
