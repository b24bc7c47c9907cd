// One running simulation: the clock, the cycle loop, and what the design reports. It must not know Node or Verilator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model.h"

namespace systole {

class Simulation {
 public:
  Simulation();

  // Number of a port (empty scope) or public variable, for the calls below; -1 if the design has none of that name, or
  // it is not stored as `width` bits would be.
  int find(const std::string& scope, const std::string& name, uint32_t width, uint32_t depth);

  // Settled value as little-endian 64-bit parts.
  std::vector<uint64_t> peek(int variable);
  // High bits beyond the variable's width are dropped.
  void poke(int variable, const std::vector<uint64_t>& parts);

  // Rising edges until `maxCycles` are made, a design's check fails, or (if `stop` is not -1) variable `stop` is 1 before
  // an edge. Returns the edges made.
  uint64_t run(uint64_t maxCycles, int stop);
  bool stopped() const { return stopped_; }

  // Bytes of an array in the layout of the interface: `wordBytes` a word, little-endian.
  void readArray(int variable, uint32_t wordBytes, size_t offset, size_t length, uint8_t* to);
  void writeArray(int variable, uint32_t wordBytes, size_t offset, size_t length, const uint8_t* from);

  // What the design printed since the last call.
  std::string takeOutput();
  // True once after a $error, $fatal or $stop of the design.
  bool takeFailure();

  // Receivers of Verilator's callbacks for the simulation that runs on this thread.
  void receive(const char* text) { output_ += text; }
  void fail() { failed_ = true; }

 private:
  struct Slot {
    uint8_t* data;
    uint32_t width;
    uint32_t depth;
    uint32_t wordBytes;
  };
  const Slot& slot(int variable) const;
  void settle();
  void maskHighBits(const Slot& slot, size_t word) const;

  std::unique_ptr<Model> model_;
  uint8_t* clock_;
  std::vector<Slot> slots_;
  bool inputsChanged_ = false;
  bool stateChanged_ = false;
  bool stopped_ = false;
  bool failed_ = false;
  std::string output_;
};

}  // namespace systole
