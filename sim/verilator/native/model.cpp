// Adapts the verilated design to model.h. Compiled per design; the only generated parts are `ports.inc` (one SYSTOLE_PORT
// line a port) and the design's own classes. It must not know Node.
#include "model.h"

#include <node_api.h>

#include <type_traits>
#include <unordered_map>

#include "Vsim.h"
#include "Vsim___024root.h"
#include "Vsim__Syms.h"
#include "verilated_sym_props.h"

void Vsim___024root___eval_settle(Vsim___024root* self);

namespace systole {
namespace {

// Verilator finds rising edges by comparing the clock with its value at the last eval(). Where that copy has the name
// known here, clearing it spares the evaluation of the falling edge, at which nothing happens in our designs.
template <typename Root, typename = void>
struct ClockCopy {
  static constexpr bool known = false;
  static void clear(Root&) {}
};
template <typename Root>
struct ClockCopy<Root, std::void_t<decltype(std::declval<Root&>().__Vtrigrprev__TOP__p_clk)>> {
  static constexpr bool known = true;
  static void clear(Root& root) { root.__Vtrigrprev__TOP__p_clk = 0; }
};

template <typename Port>
Variable variableOf(Port& port) {
  return {&port, sizeof(Port)};
}

uint32_t wordBytesOf(const VerilatedVar& variable) {
  switch (variable.vltype()) {
    case VLVT_UINT8: return 1;
    case VLVT_UINT16: return 2;
    case VLVT_UINT32: return 4;
    case VLVT_UINT64: return 8;
    case VLVT_WDATA: return VL_WORDS_I(variable.packed().elements()) * sizeof(EData);
    default: return 0;
  }
}

class VerilatedDesign final : public Model {
 public:
  VerilatedDesign() : top_{&context_} {
    context_.randReset(0);
    context_.fatalOnError(false);
#define SYSTOLE_PORT(name, member) ports_.emplace(name, variableOf(top_.member));
#include "ports.inc"
#undef SYSTOLE_PORT
    clock_ = static_cast<CData*>(port("clk").data);
  }

  ~VerilatedDesign() override { top_.final(); }

  void eval() override {
    Verilated::threadContextp(&context_);
    top_.eval();
  }

  void settle() override {
    eval();
    Vsim___024root___eval_settle(top_.rootp);
  }

  void lowerClock() override {
    if constexpr (ClockCopy<Vsim___024root>::known) {
      ClockCopy<Vsim___024root>::clear(*top_.rootp);
    } else if (clock_) {
      *clock_ = 0;
      eval();
      *clock_ = 1;
    }
  }

  Variable port(const std::string& name) override {
    const auto found = ports_.find(name);
    return found == ports_.end() ? Variable{} : found->second;
  }

  Variable find(const std::string& scope, const std::string& name) override {
    const VerilatedScope* const scopep = context_.scopeFind((std::string{top_.name()} + "." + scope).c_str());
    const VerilatedVar* const variable = scopep ? scopep->varFind(name.c_str()) : nullptr;
    return variable ? Variable{variable->datap(), wordBytesOf(*variable)} : Variable{};
  }

 private:
  VerilatedContext context_;
  Vsim top_;
  CData* clock_ = nullptr;
  std::unordered_map<std::string, Variable> ports_;
};

}  // namespace

std::unique_ptr<Model> createModel() { return std::make_unique<VerilatedDesign>(); }

napi_value initialise(napi_env env, napi_value exports);

}  // namespace systole

// The registration lives here, not in the library, so that the linker has a reason to take the library in.
NAPI_MODULE_INIT() { return systole::initialise(env, exports); }
