/* Calls a kernel several times, each time between two stores to `mark`, which the bench notes with their clock cycles. */
#include "bench.h"

/* Not zero, so that clearing .bss leaves no mark. */
volatile uint32_t mark = 1;

int main(void)
{
  for (int call = 0; call <= REPEATS; call++) {
    prepare();
    mark = 0;
    kernel();
    mark = 1;
    if (!is_right()) return call + 1;
  }
  return 0;
}
