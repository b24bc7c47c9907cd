// Included before every line of Verilator's runtime: sends what the design prints to the simulation instead of stdout,
// which belongs to the program (`--json` allows nothing else on it).
#pragma once

namespace systole {
int print(const char* format, ...);
}

#define VL_PRINTF systole::print
