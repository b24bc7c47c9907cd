// The simulation as a JavaScript class. Only converts values; it must not know Verilator.
#include <napi.h>

#include <algorithm>
#include <string>
#include <vector>

#include "simulation.h"

namespace systole {
namespace {

class NativeSimulation final : public Napi::ObjectWrap<NativeSimulation> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "NativeSimulation",
                       {
                         InstanceMethod<&NativeSimulation::find>("find"),
                         InstanceMethod<&NativeSimulation::peek>("peek"),
                         InstanceMethod<&NativeSimulation::poke>("poke"),
                         InstanceMethod<&NativeSimulation::run>("run"),
                         InstanceMethod<&NativeSimulation::stopped>("stopped"),
                         InstanceMethod<&NativeSimulation::readArray>("readArray"),
                         InstanceMethod<&NativeSimulation::writeArray>("writeArray"),
                         InstanceMethod<&NativeSimulation::takeOutput>("takeOutput"),
                         InstanceMethod<&NativeSimulation::takeFailure>("takeFailure"),
                         InstanceMethod<&NativeSimulation::close>("close"),
                       });
  }

  explicit NativeSimulation(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<NativeSimulation>(info), simulation_{std::make_unique<Simulation>()} {}

 private:
  Simulation& open(const Napi::CallbackInfo& info) {
    if (!simulation_) throw Napi::Error::New(info.Env(), "the simulator is closed");
    return *simulation_;
  }

  // A fault of the design that Verilator finds (a loop that does not settle) arrives as a C++ exception.
  template <typename Action>
  auto guarded(const Napi::CallbackInfo& info, Action action) {
    try {
      return action(open(info));
    } catch (const Napi::Error&) {
      throw;
    } catch (const std::exception& fault) {
      throw Napi::Error::New(info.Env(), fault.what());
    }
  }

  static int integer(const Napi::Value& value) { return value.As<Napi::Number>().Int32Value(); }
  static uint32_t natural(const Napi::Value& value) { return value.As<Napi::Number>().Uint32Value(); }
  static int64_t large(const Napi::Value& value) { return value.As<Napi::Number>().Int64Value(); }

  Napi::Value find(const Napi::CallbackInfo& info) {
    const std::string scope = info[0].As<Napi::String>();
    const std::string name = info[1].As<Napi::String>();
    return Napi::Number::New(info.Env(), open(info).find(scope, name, natural(info[2]), natural(info[3])));
  }

  Napi::Value peek(const Napi::CallbackInfo& info) {
    const std::vector<uint64_t> parts = guarded(info, [&](Simulation& s) { return s.peek(integer(info[0])); });
    return Napi::BigInt::New(info.Env(), 0, parts.size(), parts.data());
  }

  void poke(const Napi::CallbackInfo& info) {
    Napi::BigInt value = info[1].As<Napi::BigInt>();
    size_t count = std::max<size_t>(value.WordCount(), 1);  // 0 has no words, and Node refuses an empty buffer
    std::vector<uint64_t> parts(count);
    int sign = 0;
    value.ToWords(&sign, &count, parts.data());
    guarded(info, [&](Simulation& s) { s.poke(integer(info[0]), parts); });
  }

  Napi::Value run(const Napi::CallbackInfo& info) {
    const auto cycles = static_cast<uint64_t>(large(info[0]));
    const uint64_t made = guarded(info, [&](Simulation& s) { return s.run(cycles, integer(info[1])); });
    return Napi::Number::New(info.Env(), static_cast<double>(made));
  }

  Napi::Value stopped(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), open(info).stopped()); }

  Napi::Value readArray(const Napi::CallbackInfo& info) {
    const auto length = static_cast<size_t>(large(info[3]));
    Napi::Uint8Array bytes = Napi::Uint8Array::New(info.Env(), length);
    open(info).readArray(integer(info[0]), natural(info[1]), static_cast<size_t>(large(info[2])), length, bytes.Data());
    return bytes;
  }

  void writeArray(const Napi::CallbackInfo& info) {
    Napi::Uint8Array bytes = info[3].As<Napi::Uint8Array>();
    open(info).writeArray(integer(info[0]), natural(info[1]), static_cast<size_t>(large(info[2])), bytes.ByteLength(), bytes.Data());
  }

  Napi::Value takeOutput(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), open(info).takeOutput()); }
  Napi::Value takeFailure(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), open(info).takeFailure()); }

  void close(const Napi::CallbackInfo&) { simulation_.reset(); }

  std::unique_ptr<Simulation> simulation_;
};

}  // namespace

napi_value initialise(napi_env env, napi_value exports) {
  return Napi::RegisterModule(env, exports, [](Napi::Env e, Napi::Object object) {
    object.Set("NativeSimulation", NativeSimulation::define(e));
    return object;
  });
}

}  // namespace systole
