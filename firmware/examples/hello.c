/* Says hello over the serial port and tells what the chip is. */
#include <systole.h>

#include "uart.h"

int main(void)
{
  uart_puts("Hello from Systole.");
  uart_printf("tensor unit: %u x %u mesh, %u scratchpad rows, %u accumulator rows\n", (unsigned)tn_info(TN_INFO_ROWS),
    (unsigned)tn_info(TN_INFO_COLUMNS), (unsigned)tn_info(TN_INFO_SCRATCHPAD_ROWS), (unsigned)tn_info(TN_INFO_ACCUMULATOR_ROWS));
  return 0;
}
