/* Text over the serial port: waits until the port takes a byte, so nothing is lost. */
#include "uart.h"

#include <stdarg.h>
#include <systole.h>

#define CAN_SEND 1u

void uart_putchar(char c)
{
  while ((SYSTOLE_REGISTER(SYSTOLE_UART_STATUS) & CAN_SEND) == 0) {
  }
  SYSTOLE_REGISTER(SYSTOLE_UART_DATA) = (uint8_t)c;
}

static void put_text(const char *text)
{
  while (*text != 0) uart_putchar(*text++);
}

void uart_puts(const char *text)
{
  put_text(text);
  uart_putchar('\n');
}

static void put_number(uint32_t value, uint32_t base, int negative, int width, char pad)
{
  char digits[12];
  int count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  int length = count + (negative ? 1 : 0);
  if (negative && pad == '0') uart_putchar('-');
  for (; length < width; length++) uart_putchar(pad);
  if (negative && pad != '0') uart_putchar('-');
  while (count > 0) uart_putchar(digits[--count]);
}

void uart_printf(const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  uart_vprintf(format, arguments);
  va_end(arguments);
}

void uart_vprintf(const char *format, va_list arguments)
{
  for (; *format != 0; format++) {
    if (*format != '%') {
      uart_putchar(*format);
      continue;
    }
    format++;
    char pad = *format == '0' ? '0' : ' ';
    int width = 0;
    for (; *format >= '0' && *format <= '9'; format++) width = 10 * width + (*format - '0');
    if (*format == 'l') format++;
    switch (*format) {
      case 'd': {
        int32_t value = va_arg(arguments, int);
        put_number(value < 0 ? 0u - (uint32_t)value : (uint32_t)value, 10, value < 0, width, pad);
        break;
      }
      case 'u': put_number(va_arg(arguments, unsigned), 10, 0, width, pad); break;
      case 'x': put_number(va_arg(arguments, unsigned), 16, 0, width, pad); break;
      case 'c': uart_putchar((char)va_arg(arguments, int)); break;
      case 's': put_text(va_arg(arguments, const char *)); break;
      case 0: return;
      default: uart_putchar(*format);
    }
  }
}
