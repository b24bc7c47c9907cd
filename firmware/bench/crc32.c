/* CRC-32 (IEEE 802.3, reflected) of 256 bytes by a table of 256 words. */
#include "bench.h"

#define BYTES 256
#define POLYNOMIAL 0xedb88320u

static uint32_t table[256];
static uint8_t message[BYTES];
static uint32_t crc;

void prepare(void)
{
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t remainder = i;
    for (int bit = 0; bit < 8; bit++) remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? POLYNOMIAL : 0);
    table[i] = remainder;
  }
  for (int i = 0; i < BYTES; i++) message[i] = (uint8_t)i;
  crc = 0;
}

void kernel(void)
{
  uint32_t remainder = 0xffffffffu;
  for (int i = 0; i < BYTES; i++) remainder = (remainder >> 8) ^ table[(remainder ^ message[i]) & 0xff];
  crc = ~remainder;
}

int is_right(void)
{
  return crc == 0x29058c73u;
}
