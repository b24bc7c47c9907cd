/**
 * Mistakes that the TypeScript compiler must reject: each line after `@ts-expect-error` is one. The file is never run; the
 * project's `tsc` reads it, and so does `static-types.test.ts`. An error that goes missing is itself an error there.
 */
import { B, In, Out, S, Sink, Source, U, bundle, enumeration, flip, hw, vec } from '../../gen/index.ts';
import type { Bool, Builder, SInt, UInt, Vec } from '../../gen/index.ts';

/** Compiles only if the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <T extends true>(): T | undefined => undefined;

const State = enumeration('State', 'idle', 'busy');
const Request = bundle('Request', { addr: U(32), write: B });
const Bus = { req: Source(Request), rsp: Sink(U(8)) };

export const Widths = hw('Widths', {
  a8: In(U(8)), b8: In(U(8)), a16: In(U(16)), s8: In(S(8)), flag: In(B), lanes: In(vec(S(8), 4)), state: In(State), request: In(Request),
  o8: Out(U(8)), o16: Out(U(16)), os16: Out(S(16)), oFlag: Out(B), oState: Out(State), oRequest: Out(Request), oLanes: Out(vec(S(8), 4)),
}, (_m, io) => {
  io.o8 = io.a8.addWrap(io.b8);
  io.o8 = io.a16.trunc(8);
  io.os16 = io.s8.mul(io.s8);
  io.oRequest.addr = io.request.addr;

  // @ts-expect-error 16 bits into 8
  io.o8 = io.a16;
  // @ts-expect-error 8 bits into 16
  io.o16 = io.a8;
  // @ts-expect-error the product of 8 and 8 bits has 16
  io.o8 = io.a8.mul(io.b8);
  // @ts-expect-error an exact sum is one bit wider
  io.o8 = io.a8.addGrow(io.b8);
  // @ts-expect-error operands of one width
  io.a8.addWrap(io.a16);
  // @ts-expect-error operands of one sign
  io.a8.addWrap(io.s8);
  // @ts-expect-error comparison of one width
  io.a8.lt(io.a16);
  // @ts-expect-error a truth value is no signed number
  io.os16 = io.flag;
  // @ts-expect-error a number is no truth value
  io.oFlag = io.a8;
  // @ts-expect-error signed into unsigned
  io.o8 = io.s8;
  // @ts-expect-error a JavaScript number is no signal
  io.o8 = 5;
  // @ts-expect-error an input is driven from outside
  io.a8 = io.b8;
  // @ts-expect-error a field of an input too
  io.request.addr = io.a16.zext(32);
  // @ts-expect-error a port that does not exist
  io.o9 = io.a8;
  // @ts-expect-error a field that does not exist
  io.oRequest.address = io.request.addr;
  // @ts-expect-error a field of another type
  io.oRequest.write = io.request.addr;
  // @ts-expect-error a member that does not exist
  io.oFlag = io.state.eq('lost');
  // @ts-expect-error a member that does not exist
  io.oState = State.lost;
  // @ts-expect-error elements of another type
  io.oLanes.put(0, io.a8);
  // @ts-expect-error arms of one type
  io.o8 = io.flag.mux(io.a8, io.s8);
  // @ts-expect-error a condition is a truth value
  _m.when(io.a8, () => undefined);
});

export const Streams = hw('Streams', { from: Sink(U(8)), to: Source(U(8)) }, (m, io) => {
  io.to.valid = io.from.valid;
  io.to.bits = io.from.bits;
  io.from.ready = io.to.ready;
  m.connect(io.from, io.to);

  // @ts-expect-error the consumer does not drive valid
  io.from.valid = io.to.ready;
  // @ts-expect-error nor the bits
  io.from.bits = io.to.bits;
  // @ts-expect-error the producer does not drive ready
  io.to.ready = io.from.valid;
  // @ts-expect-error the wrong way round
  m.connect(io.to, io.from);
  // @ts-expect-error nobody drives fire
  io.to.fire = io.from.valid;
});

export const Parent = hw('Parent', { bus: Bus, other: flip(Bus) }, (m, io) => {
  const child = m.inst('child', Streams);
  child.from.valid = io.bus.rsp.valid;
  io.bus.req.valid = io.other.req.valid;
  io.other.rsp.valid = io.bus.rsp.valid;

  // @ts-expect-error outputs of a child are read
  child.to.valid = io.bus.rsp.valid;
  // @ts-expect-error the flipped side of a stream
  io.other.req.valid = io.bus.rsp.valid;
  // @ts-expect-error a port of the child that does not exist
  child.into.valid = io.bus.rsp.valid;
});

const Short = { req: Source(Request) };
const Wide = { req: Source(Request), rsp: Sink(U(16)) };
export const Linked = hw('Linked', { bus: Bus, same: Bus, front: flip(Bus), short: flip(Short), wide: flip(Wide) }, (m, io) => {
  m.link(io.front, io.bus);
  m.link(io.bus, io.front);
  m.link(io.bus, io.short, ['req']);

  // @ts-expect-error both produce requests
  m.link(io.bus, io.same);
  // @ts-expect-error no responses there
  m.link(io.bus, io.short);
  // @ts-expect-error responses of another width
  m.link(io.bus, io.wide);
  // @ts-expect-error a member that does not exist
  m.link(io.bus, io.front, ['req', 'err']);
});

export function state(m: Builder): void {
  const r = m.regs({ state: State, count: U(4) });
  m.switch(r.state, { idle: () => (r.state = State.busy), busy: () => undefined });
  const names = m.let({ twice: r.count.addGrow(r.count) });
  same<Same<typeof names.twice, UInt<5>>>();

  // @ts-expect-error a branch for a member that does not exist
  m.switch(r.state, { lost: () => undefined });
  // @ts-expect-error a member is not a text
  r.state = 'busy';
  // @ts-expect-error names given by let are read
  names.twice = r.count.zext(5);
}

export const Cell = hw('Cell', { a: In(S(8)), load: In(B), out: Out(S(8)), sum: Out(S(32)) }, (_m, io) => {
  io.out = io.a;
  io.sum = io.a.sext(32);
});

export function mesh(m: Builder, west: Vec<SInt<8>>, load: Bool): void {
  const g = m.grid('mesh', Cell, 2, 2);
  g.fromWest('a', 'out', west);
  g.all('load', load);
  same<Same<ReturnType<typeof g.rowOut<'sum'>>, Vec<SInt<32>>>>();

  // @ts-expect-error an output of another type
  g.fromWest('a', 'sum', west);
  // @ts-expect-error an output is not wired
  g.all('out', west.at(0));
  // @ts-expect-error a value of another type
  g.all('load', west.at(0));
  // @ts-expect-error an input is not gathered
  g.rowOut('a', 0);
}

export function widths(a: UInt<8>, b: UInt<12>, s: SInt<8>, n: UInt<number>): void {
  same<Same<ReturnType<typeof a.addGrow<12>>, UInt<13>>>();
  same<Same<ReturnType<typeof b.addGrow<8>>, UInt<13>>>();
  same<Same<ReturnType<typeof a.subGrow<8>>, SInt<9>>>();
  same<Same<ReturnType<typeof s.mul<24>>, SInt<32>>>();
  same<Same<ReturnType<typeof a.shlGrow<3>>, UInt<11>>>();
  same<Same<ReturnType<UInt<256>['mul']>, UInt<number>>>();
  // Widths known only at elaboration stay open, and are checked there.
  same<Same<ReturnType<typeof n.addGrow<8>>, UInt<number>>>();
  same<Same<ReturnType<typeof a.mul<number>>, UInt<number>>>();
  // A slice between literal bounds has its width, a literal of a signal the signal's type.
  same<Same<ReturnType<typeof b.slice<11, 4>>, UInt<8>>>();
  same<Same<ReturnType<typeof b.slice<number, 4>>, UInt<number>>>();
  same<Same<ReturnType<typeof n.slice<300, 0>>, UInt<number>>>();
  same<Same<ReturnType<typeof b.slice<3, 4>>, UInt<number>>>();
  same<Same<ReturnType<typeof a.lit>, UInt<8>>>();
  same<Same<ReturnType<typeof s.lit>, SInt<8>>>();
  a.addWrap(b.slice(11, 4)).addWrap(a.lit(0));
  const byte: UInt<8> = n.exact(8);
  a.addWrap(byte);
  // @ts-expect-error a slice of 7 bits does not fit 8
  a.addWrap(b.slice(6, 0));
  // @ts-expect-error nor one between bounds that are known only at elaboration, without exact()
  a.addWrap(b.slice(n.width, 4));
  // @ts-expect-error a literal of another signal's type
  a.addWrap(b.lit(0));
  // @ts-expect-error an open width does not fit a closed one by itself
  a.addWrap(n);
  // @ts-expect-error truncation is by name
  const eight: UInt<8> = b;
  void eight;
}
