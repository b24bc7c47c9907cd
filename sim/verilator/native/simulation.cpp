// The cycle loop and the back doors; and the functions that Verilator's runtime calls when the design prints or stops.
// It must not know Node, nor any one design.
#include "simulation.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "verilated.h"

namespace systole {
namespace {

// Verilator's callbacks carry no context, so they go to the simulation that this thread is evaluating.
thread_local Simulation* running = nullptr;

struct Running {
  explicit Running(Simulation* simulation) : before{running} { running = simulation; }
  ~Running() { running = before; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  Simulation* const before;
};

uint32_t storedBytes(uint32_t width) {
  if (width <= 8) return 1;
  if (width <= 16) return 2;
  if (width <= 32) return 4;
  if (width <= 64) return 8;
  return (width + 31) / 32 * 4;
}

}  // namespace

Simulation::Simulation() {
  const Running guard{this};
  model_ = createModel();
  clock_ = static_cast<uint8_t*>(model_->port("clk").data);
  model_->eval();
}

int Simulation::find(const std::string& scope, const std::string& name, uint32_t width, uint32_t depth) {
  const Variable found = scope.empty() ? model_->port(name) : model_->find(scope, name);
  if (!found.data || found.wordBytes != storedBytes(width)) return -1;
  slots_.push_back({static_cast<uint8_t*>(found.data), width, depth, found.wordBytes});
  return static_cast<int>(slots_.size()) - 1;
}

const Simulation::Slot& Simulation::slot(int variable) const { return slots_.at(static_cast<size_t>(variable)); }

void Simulation::settle() {
  const Running guard{this};
  if (stateChanged_) {
    model_->settle();
  } else if (inputsChanged_) {
    model_->eval();
  }
  stateChanged_ = inputsChanged_ = false;
}

std::vector<uint64_t> Simulation::peek(int variable) {
  settle();
  const Slot& s = slot(variable);
  std::vector<uint64_t> parts((s.wordBytes + 7) / 8);
  std::memcpy(parts.data(), s.data, s.wordBytes);
  return parts;
}

void Simulation::poke(int variable, const std::vector<uint64_t>& parts) {
  const Slot& s = slot(variable);
  const size_t given = parts.size() * sizeof(uint64_t);
  std::memset(s.data, 0, s.wordBytes);
  std::memcpy(s.data, parts.data(), std::min<size_t>(given, s.wordBytes));
  maskHighBits(s, 0);
  inputsChanged_ = true;
}

uint64_t Simulation::run(uint64_t maxCycles, int stop) {
  settle();
  const Running guard{this};
  const uint8_t* const stopBit = stop < 0 ? nullptr : slot(stop).data;
  stopped_ = false;
  for (uint64_t cycle = 0; cycle < maxCycles; cycle++) {
    if (stopBit && *stopBit) {
      stopped_ = true;
      return cycle;
    }
    if (!clock_) continue;  // nothing in the design has state
    model_->lowerClock();
    *clock_ = 1;
    model_->eval();
    if (failed_) return cycle + 1;
  }
  stopped_ = stopBit && *stopBit;
  return maxCycles;
}

void Simulation::readArray(int variable, uint32_t wordBytes, size_t offset, size_t length, uint8_t* to) {
  const Slot& s = slot(variable);
  if (wordBytes == s.wordBytes) {
    std::memcpy(to, s.data + offset, length);
    return;
  }
  for (size_t i = 0; i < length; i++) {
    const size_t word = (offset + i) / wordBytes;
    const size_t byte = (offset + i) % wordBytes;
    to[i] = byte < s.wordBytes ? s.data[word * s.wordBytes + byte] : 0;
  }
}

void Simulation::writeArray(int variable, uint32_t wordBytes, size_t offset, size_t length, const uint8_t* from) {
  if (length == 0) return;
  const Slot& s = slot(variable);
  if (wordBytes == s.wordBytes) {
    std::memcpy(s.data + offset, from, length);
  } else {
    for (size_t i = 0; i < length; i++) {
      const size_t word = (offset + i) / wordBytes;
      const size_t byte = (offset + i) % wordBytes;
      if (byte < s.wordBytes) s.data[word * s.wordBytes + byte] = from[i];
    }
  }
  if (s.width != s.wordBytes * 8) {
    for (size_t word = offset / wordBytes; word <= (offset + length - 1) / wordBytes; word++) maskHighBits(s, word);
  }
  stateChanged_ = true;
}

void Simulation::maskHighBits(const Slot& s, size_t word) const {
  uint8_t* const bytes = s.data + word * s.wordBytes;
  for (uint32_t byte = s.width / 8; byte < s.wordBytes; byte++) {
    const uint32_t keep = byte * 8 < s.width ? s.width - byte * 8 : 0;
    bytes[byte] = static_cast<uint8_t>(bytes[byte] & ((1u << keep) - 1));
  }
}

std::string Simulation::takeOutput() {
  std::string text;
  text.swap(output_);
  return text;
}

bool Simulation::takeFailure() {
  const bool failed = failed_;
  failed_ = false;
  return failed;
}

int print(const char* format, ...) {
  char buffer[4096];
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  if (running) running->receive(buffer);
  return length;
}

}  // namespace systole

// Verilator's runtime is compiled with VL_USER_STOP, VL_USER_FATAL and VL_USER_FINISH: its own versions of these functions
// end the process.
void vl_stop(const char*, int, const char*) {
  if (systole::running) systole::running->fail();
}

void vl_finish(const char*, int, const char*) {
  if (systole::running) systole::running->fail();
}

void vl_fatal(const char* file, int line, const char*, const char* message) {
  throw std::runtime_error(std::string{file ? file : ""} + ":" + std::to_string(line) + ": " + message);
}
