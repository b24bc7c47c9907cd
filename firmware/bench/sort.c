/* Heap sort of 128 numbers. */
#include "bench.h"

#define COUNT 128

static int32_t numbers[COUNT];
static uint32_t sum_before;

static uint32_t sum(void)
{
  uint32_t total = 0;
  for (int i = 0; i < COUNT; i++) total += (uint32_t)numbers[i];
  return total;
}

void prepare(void)
{
  uint32_t random = 7;
  for (int i = 0; i < COUNT; i++) numbers[i] = (int32_t)next_random(&random);
  sum_before = sum();
}

/* Lets the number at `root` sink until none below it, among the first `count`, is larger. */
static void sink(int root, int count)
{
  const int32_t value = numbers[root];
  for (int child = 2 * root + 1; child < count; child = 2 * root + 1) {
    if (child + 1 < count && numbers[child + 1] > numbers[child]) child++;
    if (numbers[child] <= value) break;
    numbers[root] = numbers[child];
    root = child;
  }
  numbers[root] = value;
}

void kernel(void)
{
  for (int root = COUNT / 2 - 1; root >= 0; root--) sink(root, COUNT);
  for (int last = COUNT - 1; last > 0; last--) {
    const int32_t largest = numbers[0];
    numbers[0] = numbers[last];
    numbers[last] = largest;
    sink(0, last);
  }
}

int is_right(void)
{
  for (int i = 1; i < COUNT; i++) {
    if (numbers[i - 1] > numbers[i]) return 0;
  }
  return sum() == sum_before;
}
