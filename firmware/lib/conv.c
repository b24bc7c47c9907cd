/*
 * Convolutions and maximum pooling on the tensor unit. The output is cut into tiles of lines and columns whose sums the accumulators hold twice, so that one tile is
 * requantised and stored while the next is added up; each tile into groups of input channels as long as a scratchpad row, and each group
 * into the pixels of the kernel, each of which is one product. Weights of one product come while the one before is done.
 */
#include "conv.h"

#define COUNT_LIMIT 4095u
/* What the fields of tn_win can say. */
#define WIDEST_IMAGE 4095u
#define WIDEST_WINDOW 1023u
#define FARTHEST 63
#define LARGEST_STRIDE 4u

/* The longest row of any chip. */
#define LONGEST_ROW 128

static const int8_t zeros[LONGEST_ROW];

/* A convolution, or a part of one: `channels` of a pixel's `pixel_bytes`, `outputs` of its result's `result_bytes`. */
typedef struct {
  conv_t c;
  uint32_t pixel_bytes, result_bytes;
  /* Weights: from one pixel of the kernel to the next, and from one output to the next. */
  uint32_t tap_bytes, output_bytes;
  /* Output n is made of channel n alone; and is the greatest of the pixels, instead of a sum. */
  uint32_t is_depthwise, is_maximum;
} job_t;

typedef struct {
  uint32_t lanes, columns;
  /* Whether activations come from windows over a patch of the input, and how many pixels of a kernel's line are one depthwise product. */
  uint32_t windows, taps;
  /* Rows of the weights of one product. */
  uint32_t weight_rows;
  /* Lines and columns of a tile, and rows of its activations in the scratchpad: a patch, or as many as the tile has. */
  uint32_t tile_lines, tile_columns, rows;
  /* First rows in the scratchpad of two parts of activations (one, if only one fits), two of weights, and the results. */
  uint32_t activations[2], weights[2], results;
} plan_t;

/* One tile of the output, and the part of the input that it is made of: `top` and `left` may lie beside it. */
typedef struct {
  uint32_t line, column, lines, columns;
  int32_t top, left;
  uint32_t patch_top, patch_left, patch_lines, patch_columns;
} tile_t;

static uint32_t least(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

/* How many of `count` pixels `first`, `first + step`, … lie in 0…size-1, and how many lie before them. */
static uint32_t inside(int32_t first, uint32_t step, uint32_t count, uint32_t size, uint32_t *before)
{
  uint32_t skipped = first >= 0 ? 0 : ((uint32_t)-first + step - 1) / step;
  *before = least(skipped, count);
  int32_t start = first + (int32_t)(*before * step);
  if (*before == count || start >= (int32_t)size) return 0;
  return least(count - *before, (size - (uint32_t)start + step - 1) / step);
}

/* Input lines or columns 0…size-1 of those that an output of `count` needs, from `first` on. */
static uint32_t reach(int32_t first, uint32_t count, uint32_t stride, uint32_t kernel, uint32_t dilation, uint32_t size, uint32_t *from)
{
  int32_t last = first + (int32_t)((count - 1) * stride + (kernel - 1) * dilation);
  int32_t low = first < 0 ? 0 : first;
  int32_t high = last >= (int32_t)size ? (int32_t)size - 1 : last;
  *from = (uint32_t)low;
  return high < low ? 0 : (uint32_t)(high - low + 1);
}

static tile_t tile_at(const conv_t *c, const plan_t *plan, uint32_t line, uint32_t column)
{
  tile_t t = { line, column, least(plan->tile_lines, c->out_height - line), least(plan->tile_columns, c->out_width - column), 0, 0, 0, 0, 0, 0 };
  t.top = (int32_t)(line * c->stride_y) - (int32_t)c->pad_top;
  t.left = (int32_t)(column * c->stride_x) - (int32_t)c->pad_left;
  t.patch_lines = reach(t.top, t.lines, c->stride_y, c->kernel_height, c->dilation_y, c->height, &t.patch_top);
  t.patch_columns = reach(t.left, t.columns, c->stride_x, c->kernel_width, c->dilation_x, c->width, &t.patch_left);
  return t;
}

/* Rows of the largest patch of a tile of so many lines and columns. */
static uint32_t patch_rows(const conv_t *c, uint32_t lines, uint32_t columns)
{
  uint32_t high = least((lines - 1) * c->stride_y + (c->kernel_height - 1) * c->dilation_y + 1, c->height);
  uint32_t wide = least((columns - 1) * c->stride_x + (c->kernel_width - 1) * c->dilation_x + 1, c->width);
  return high * wide;
}

static uint32_t fits_windows(const conv_t *c)
{
  return (tn_info(TN_INFO_FEATURES) & TN_FEATURE_CONVOLUTION) != 0 && c->stride_y <= LARGEST_STRIDE && c->stride_x <= LARGEST_STRIDE
    && (c->kernel_height - 1) * c->dilation_y <= FARTHEST && (c->kernel_width - 1) * c->dilation_x <= FARTHEST
    && c->pad_top <= FARTHEST && c->pad_left <= FARTHEST && c->width <= WIDEST_IMAGE;
}

/* Tiles of whole lines where two of them fit, else of parts of one line. 0 rows: not even a pixel fits. */
static void cut(const conv_t *c, plan_t *plan, uint32_t rows)
{
  uint32_t groups = (plan->columns + plan->lanes - 1) / plan->lanes;
  uint32_t sums = least(tn_info(TN_INFO_ACCUMULATOR_ROWS) / 2, COUNT_LIMIT);
  /* Weights of two products; what is left is for two parts of activations and the results. */
  uint32_t left = rows > 2 * plan->weight_rows ? rows - 2 * plan->weight_rows : 0;
  uint32_t lines = c->out_height, columns = least(c->out_width, plan->windows ? WIDEST_WINDOW : COUNT_LIMIT);
  for (;;) {
    uint32_t count = lines * columns;
    uint32_t needs = plan->windows ? patch_rows(c, lines, columns) : count;
    if (count <= sums && 2 * needs + groups * count <= left) {
      plan->tile_lines = lines;
      plan->tile_columns = columns;
      plan->rows = needs;
      return;
    }
    if (lines > 1) lines = (lines + 1) / 2;
    else if (columns > 1) columns = (columns + 1) / 2;
    else break;
  }
  plan->rows = 0;
}

/* Whether tn_dl takes fewer rows than a product for each pixel of the kernel: of a line of the tile it takes all pixels, whatever the stride. */
static uint32_t gains_by_taps(const conv_t *c, const plan_t *plan, uint32_t taps)
{
  uint32_t products = (c->kernel_width + taps - 1) / taps;
  return products * ((plan->tile_columns - 1) * c->stride_x + taps) < c->kernel_width * plan->tile_columns;
}

static plan_t plan_of(const job_t *job)
{
  const conv_t *c = &job->c;
  plan_t plan = { 0 };
  uint32_t rows = tn_info(TN_INFO_SCRATCHPAD_ROWS);
  plan.lanes = tn_info(TN_INFO_ROWS);
  plan.columns = least(least(tn_info(TN_INFO_COLUMNS), tn_info(TN_INFO_CHANNELS)), c->outputs);
  if (job->is_depthwise) plan.columns = least(plan.columns, plan.lanes);
  plan.windows = fits_windows(c);
  uint32_t taps = job->is_depthwise && !job->is_maximum && plan.windows && c->dilation_x == 1 ? tn_info(TN_INFO_DEPTHWISE_TAPS) : 0;
  plan.weight_rows = taps > 0 ? taps : job->is_depthwise ? 1 : plan.columns;
  cut(c, &plan, rows);
  if (taps > 0 && plan.rows > 0 && gains_by_taps(c, &plan, taps)) {
    plan.taps = taps;
  } else if (taps > 0) {
    plan.weight_rows = 1;
    cut(c, &plan, rows);
  }
  /* A patch that has more pixels than all products together gains nothing; one that does not fit, even less. */
  uint32_t pixels = plan.tile_lines * plan.tile_columns * c->kernel_height * c->kernel_width;
  if (plan.windows && (plan.rows == 0 || plan.rows > pixels)) {
    plan.windows = plan.taps = 0;
    plan.weight_rows = job->is_depthwise ? 1 : plan.columns;
    cut(c, &plan, rows);
  }
  /* No chip has fewer than four rows: one of activations, of weights and of results is enough for one output at a time. */
  while (plan.rows == 0) {
    if (plan.columns == 1) {
      plan.tile_lines = plan.tile_columns = plan.rows = 1;
      plan.weights[0] = plan.weights[1] = 1;
      plan.results = 2;
      return plan;
    }
    plan.columns = (plan.columns + 1) / 2;
    plan.weight_rows = job->is_depthwise ? 1 : plan.columns;
    cut(c, &plan, rows);
  }
  plan.activations[1] = plan.rows;
  plan.weights[0] = 2 * plan.rows;
  plan.weights[1] = plan.weights[0] + plan.weight_rows;
  plan.results = plan.weights[1] + plan.weight_rows;
  return plan;
}

/* The pixels of a patch, `lanes` channels from `channel` on. */
static void load_patch(const job_t *job, const tile_t *t, uint32_t row, uint32_t channel, uint32_t lanes)
{
  const conv_t *c = &job->c;
  const int8_t *first = c->input + (t->patch_top * c->width + t->patch_left) * job->pixel_bytes + channel;
  if (t->patch_columns == c->width) {
    if (t->patch_lines == 0 || t->patch_columns == 0) return;
    tn_arg(job->pixel_bytes, lanes, 0);
    tn_ld(first, row, t->patch_lines * t->patch_columns);
    return;
  }
  for (uint32_t line = 0; line < t->patch_lines && t->patch_columns > 0; line++) {
    tn_arg(job->pixel_bytes, lanes, 0);
    tn_ld(first + line * c->width * job->pixel_bytes, row + line * t->patch_columns, t->patch_columns);
  }
}

/* Activations of one pixel of the kernel, a row an output, from the input and, beside it, from `beside`. */
static void load_pixels(const job_t *job, const tile_t *t, uint32_t row, uint32_t ky, uint32_t kx, uint32_t channel, uint32_t lanes, const int8_t *beside)
{
  const conv_t *c = &job->c;
  for (uint32_t line = 0; line < t->lines; line++, row += t->columns) {
    int32_t y = t->top + (int32_t)(line * c->stride_y + ky * c->dilation_y);
    int32_t x = t->left + (int32_t)(kx * c->dilation_x);
    uint32_t before;
    uint32_t there = inside(x, c->stride_x, t->columns, c->width, &before);
    if (y < 0 || y >= (int32_t)c->height) {
      before = t->columns;
      there = 0;
    }
    uint32_t after = t->columns - before - there;
    if (before > 0) {
      tn_arg(0, lanes, 0);
      tn_ld(beside, row, before);
    }
    if (there > 0) {
      uint32_t from = (uint32_t)(x + (int32_t)(before * c->stride_x));
      tn_arg(c->stride_x * job->pixel_bytes, lanes, 0);
      tn_ld(c->input + ((uint32_t)y * c->width + from) * job->pixel_bytes + channel, row + before, there);
    }
    if (after > 0) {
      tn_arg(0, lanes, 0);
      tn_ld(beside, row + before + there, after);
    }
  }
}

/* The window of one pixel of the kernel over a patch. */
static void give_window(const conv_t *c, const tile_t *t, uint32_t ky, uint32_t kx)
{
  uint32_t image = t->patch_lines * t->patch_columns;
  if (image == 0) {
    /* All of the tile is beside the input: a window right of an image of one row. */
    tn_win(1, 1, 0, 0, 1, 0, t->columns, c->padding);
    return;
  }
  int32_t left = t->left - (int32_t)t->patch_left + (int32_t)(kx * c->dilation_x);
  int32_t top = t->top - (int32_t)t->patch_top + (int32_t)(ky * c->dilation_y);
  tn_win(image, t->patch_columns, c->stride_x - 1, c->stride_y - 1, left, top, t->columns, c->padding);
}

/* Sums of one tile of `columns` outputs, from `output` on, into accumulators from `sums` on. `part` goes on from tile to tile. */
static void add_up(const job_t *job, const plan_t *plan, const tile_t *t, uint32_t output, uint32_t columns, uint32_t sums, uint32_t part[2], const int8_t *beside)
{
  const conv_t *c = &job->c;
  uint32_t kernel = c->kernel_height * c->kernel_width;
  uint32_t count = t->lines * t->columns;
  uint32_t step = plan->taps > 0 ? plan->taps : 1;
  /* Of a depthwise convolution the one group of channels that these outputs are made of. */
  uint32_t first = job->is_depthwise ? output : 0;
  uint32_t end = job->is_depthwise ? output + columns : c->channels;
  for (uint32_t channel = first; channel < end; channel += plan->lanes) {
    uint32_t lanes = least(plan->lanes, end - channel);
    if (plan->windows) {
      part[0] ^= 1;
      load_patch(job, t, plan->activations[part[0]], channel, lanes);
    }
    uint32_t ky = 0, kx = 0;
    const int8_t *first_weights = c->weights + channel + (job->is_depthwise ? 0 : output * job->output_bytes), *weights = first_weights;
    for (uint32_t pixel = 0; pixel < kernel; pixel = ky * c->kernel_width + kx) {
      /* All weights of a maximum are 1, and stay. */
      if (plan->taps > 0) {
        uint32_t there = least(step, c->kernel_width - kx);
        part[1] ^= 1;
        tn_arg(job->tap_bytes, lanes, 0);
        tn_ld(weights, plan->weights[part[1]], there);
        /* What is beyond the kernel's line has weights of 0. */
        if (there < step) {
          tn_arg(0, lanes, 0);
          tn_ld(zeros, plan->weights[part[1]] + there, step - there);
        }
      } else if (!job->is_maximum) {
        part[1] ^= 1;
        tn_arg(job->output_bytes, lanes, 0);
        tn_ld(weights, plan->weights[part[1]], job->is_depthwise ? 1 : columns);
      }
      if (plan->windows) {
        give_window(c, t, ky, kx);
      } else {
        part[0] ^= 1;
        load_pixels(job, t, plan->activations[part[0]], ky, kx, channel, lanes, beside);
      }
      uint32_t adds = channel > first || pixel > 0;
      if (job->is_maximum) tn_mx(plan->activations[part[0]], plan->weights[part[1]], sums, count, columns - 1, adds);
      else if (plan->taps > 0) tn_dl(plan->activations[part[0]], plan->weights[part[1]], sums, count, columns - 1, adds);
      else if (job->is_depthwise) tn_dw(plan->activations[part[0]], plan->weights[part[1]], sums, count, columns - 1, adds);
      else tn_mm(plan->activations[part[0]], plan->weights[part[1]], sums, count, columns - 1, adds);
      kx += step;
      if (kx >= c->kernel_width) {
        kx = 0;
        ky += 1;
      }
      weights = first_weights + (ky * c->kernel_width + kx) * job->tap_bytes;
    }
  }
}

static void store(const job_t *job, const plan_t *plan, const tile_t *t, uint32_t output, uint32_t columns, int8_t *result)
{
  const conv_t *c = &job->c;
  uint32_t count = t->lines * t->columns;
  for (uint32_t first = 0; first < columns; first += plan->lanes) {
    uint32_t row = plan->results + first / plan->lanes * count;
    uint32_t lanes = least(plan->lanes, columns - first);
    uint32_t runs = t->columns == c->out_width ? 1 : t->lines;
    for (uint32_t run = 0; run < runs; run++) {
      int8_t *to = result + ((t->line + run) * c->out_width + t->column) * job->result_bytes + output + first;
      tn_arg(job->result_bytes, lanes, 0);
      tn_st(to, row + run * t->columns, count / runs);
    }
  }
}

/* Does a job with the plan for it. */
static void convolve(const job_t *job, const plan_t *plan, const tn_channel_t *channels, int8_t *result)
{
  const conv_t *c = &job->c;
  int8_t beside[LONGEST_ROW];
  for (uint32_t i = 0; i < plan->lanes; i++) beside[i] = c->padding;
  uint32_t half = tn_info(TN_INFO_ACCUMULATOR_ROWS) / 2;
  uint32_t sums = 0, part[2] = { 0, 0 };
  for (uint32_t output = 0; output < c->outputs; output += plan->columns) {
    uint32_t columns = least(plan->columns, c->outputs - output);
    if (!job->is_maximum) tn_ldp(channels + output, 0, columns);
    for (uint32_t line = 0; line < c->out_height; line += plan->tile_lines) {
      for (uint32_t column = 0; column < c->out_width; column += plan->tile_columns) {
        tile_t t = tile_at(c, plan, line, column);
        add_up(job, plan, &t, output, columns, sums, part, beside);
        tn_rq(sums, t.lines * t.columns, columns - 1, plan->results, 0);
        store(job, plan, &t, output, columns, result);
        sums = half - sums;
      }
    }
  }
  /* Nobody may read `beside` any more. */
  tn_fence();
}

uint32_t conv_int8(const conv_t *conv, const tn_channel_t *channels, int8_t *result)
{
  uint32_t kernel = conv->kernel_height * conv->kernel_width;
  job_t job = { *conv, conv->channels, conv->outputs, conv->channels, kernel * conv->channels, 0, 0 };
  plan_t plan = plan_of(&job);
  /* What is still under way may fail yet: that is not ours. */
  uint32_t before = tn_fence();
  convolve(&job, &plan, channels, result);
  return tn_errors(before, tn_fence());
}

uint32_t depthwise_int8(const conv_t *conv, const tn_channel_t *channels, int8_t *result)
{
  job_t job = { *conv, conv->channels, conv->channels, conv->channels, conv->channels, 1, 0 };
  job.c.outputs = conv->channels;
  uint32_t before = tn_fence();
  if ((tn_info(TN_INFO_FEATURES) & TN_FEATURE_CONVOLUTION) != 0) {
    plan_t plan = plan_of(&job);
    convolve(&job, &plan, channels, result);
    return tn_errors(before, tn_fence());
  }
  job.is_depthwise = 0;
  job.c.channels = job.c.outputs = 1;
  plan_t plan = plan_of(&job);
  for (uint32_t channel = 0; channel < conv->channels; channel++) {
    job.c.input = conv->input + channel;
    job.c.weights = conv->weights + channel;
    convolve(&job, &plan, channels + channel, result + channel);
  }
  return tn_errors(before, tn_fence());
}

/* The greatest of the pixels that are there. */
static int8_t greatest(const conv_t *c, uint32_t y, uint32_t x, uint32_t channel)
{
  int32_t top = (int32_t)(y * c->stride_y) - (int32_t)c->pad_top, left = (int32_t)(x * c->stride_x) - (int32_t)c->pad_left;
  int8_t most = -128;
  for (uint32_t ky = 0; ky < c->kernel_height; ky++) {
    int32_t line = top + (int32_t)(ky * c->dilation_y);
    if (line < 0 || line >= (int32_t)c->height) continue;
    for (uint32_t kx = 0; kx < c->kernel_width; kx++) {
      int32_t column = left + (int32_t)(kx * c->dilation_x);
      if (column < 0 || column >= (int32_t)c->width) continue;
      int8_t pixel = c->input[((uint32_t)line * c->width + (uint32_t)column) * c->channels + channel];
      if (pixel > most) most = pixel;
    }
  }
  return most;
}

uint32_t maxpool_int8(const conv_t *pool, int8_t *result)
{
  if ((tn_info(TN_INFO_FEATURES) & TN_FEATURE_MAXIMUM) == 0) {
    for (uint32_t y = 0; y < pool->out_height; y++) {
      for (uint32_t x = 0; x < pool->out_width; x++) {
        for (uint32_t channel = 0; channel < pool->channels; channel++) *result++ = greatest(pool, y, x, channel);
      }
    }
    return 0;
  }
  job_t job = { *pool, pool->channels, pool->channels, 0, 0, 1, 1 };
  job.c.outputs = pool->channels;
  job.c.padding = -128;
  uint32_t before = tn_fence();
  plan_t plan = plan_of(&job);
  /* (2 v + 1) >> 1 is v. */
  tn_channel_t same = tn_channel(0, 2, 1, 0, -128, 127);
  int8_t ones[LONGEST_ROW];
  for (uint32_t i = 0; i < plan.lanes; i++) ones[i] = 1;
  for (uint32_t i = 0; i < plan.columns; i++) tn_ldp(&same, i, 1);
  tn_ld(ones, plan.weights[0], 1);
  convolve(&job, &plan, 0, result);
  return tn_errors(before, tn_fence());
}
