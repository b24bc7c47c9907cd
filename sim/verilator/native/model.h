// What the design-independent half of the addon (addon.cpp, simulation.cpp: compiled once) knows of one verilated design
// (model.cpp: compiled per design). It must not know Verilator's or Node's headers: they are what takes long to compile.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace systole {

// A packed value, or the first word of an unpacked array. Verilator keeps a word of `width` bits in 1, 2, 4 or 8 bytes,
// or above 64 bits in as many 32-bit parts as it takes; unused high bits are always 0.
struct Variable {
  void* data = nullptr;
  uint32_t wordBytes = 0;
};

class Model {
 public:
  virtual ~Model() = default;
  // Settles everything after a change of inputs; a change of the clock is an edge.
  virtual void eval() = 0;
  // Settles everything from the registers and memories up, for when they were written from outside.
  virtual void settle() = 0;
  // After this the next eval() with the clock at 1 is a rising edge. Cheaper than an eval() with the clock at 0.
  virtual void lowerClock() = 0;
  // A top-level port; data is null if there is none of that name.
  virtual Variable port(const std::string& name) = 0;
  // A variable made public by the control file, by the scope's path below the root (`SystoleShell.Top.core`) and its own name.
  virtual Variable find(const std::string& scope, const std::string& name) = 0;
};

// Both are defined in model.cpp.
std::unique_ptr<Model> createModel();

// Called by the verilated code through Verilator's runtime; defined in simulation.cpp.
int print(const char* format, ...);

}  // namespace systole
