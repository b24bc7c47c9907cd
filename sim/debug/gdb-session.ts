/**
 * What each request of GDB's remote serial protocol does to a hart (GDB manual, appendix "GDB Remote Serial Protocol",
 * "Packets" and below), as a function from request to reply. A request that is not known gets the empty reply that says so,
 * one that makes no sense an error. Must not know connections nor engines.
 */
import { EXCEPTION } from '../../hw/isa/csr.ts';
import { PACKET_BYTES, fromHex, hexToWord, toHex, wordToHex } from './gdb-packets.ts';
import { PC_NUMBER, readRegister, targetXml, writeRegister } from './gdb-registers.ts';
import type { Stop, Stops, WatchKind, Watchpoint } from './stops.ts';

/** What a request leads to: a reply, or going on (the reply comes with the stop), or the session's end. */
export type Outcome =
  | { readonly kind: 'reply'; readonly reply: string }
  | { readonly kind: 'resume'; readonly isStep: boolean }
  | { readonly kind: 'kill'; readonly reply: string | undefined }
  | { readonly kind: 'detach'; readonly reply: string }
  | { readonly kind: 'noAck'; readonly reply: string };

/** Error numbers of replies; GDB shows them and attaches no meaning. */
const ERROR = { cannot: 'E01', malformed: 'E02', memory: 'E03', tooMany: 'E04' } as const;
/** GDB's numbers of signals. */
const SIGNAL = { interrupt: 2, illegal: 4, trap: 5, bus: 10, segmentation: 11, cpuLimit: 24 } as const;
const SIGNAL_OF_CAUSE: ReadonlyMap<number, number> = new Map<number, number>([
  [EXCEPTION.illegalInstruction.cause, SIGNAL.illegal],
  [EXCEPTION.breakpoint.cause, SIGNAL.trap], [EXCEPTION.machineCall.cause, SIGNAL.trap],
  [EXCEPTION.instructionMisaligned.cause, SIGNAL.bus],
  [EXCEPTION.loadMisaligned.cause, SIGNAL.bus], [EXCEPTION.storeMisaligned.cause, SIGNAL.bus],
]);
/** A reply holds two digits a byte. */
const LONGEST_READ = PACKET_BYTES / 2 - 1;
const WATCH_KINDS: Readonly<Record<string, WatchKind>> = { 2: 'write', 3: 'read', 4: 'access' };
const WATCH_NAMES: Readonly<Record<WatchKind, string>> = { write: 'watch', read: 'rwatch', access: 'awatch' };
/** Bytes of the widest thing that can be watched: a whole RAM would do no harm, but nobody means it. */
const LARGEST_WATCH = 2 ** 31;
const HELP = 'reset: loads the program afresh\ncycles: how many there have been\n';

const reply = (text: string): Outcome => ({ kind: 'reply', reply: text });
const OK = reply('OK');
const UNKNOWN = reply('');
const byteHex = (n: number): string => (n & 0xff).toString(16).padStart(2, '0');
const text = (bytes: string): string => toHex(Buffer.from(bytes, 'latin1'));

/** A hexadecimal number of at most 32 bits; undefined: it is none. */
function number(digits: string | undefined): number | undefined {
  return digits !== undefined && /^[0-9a-fA-F]{1,8}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
}

export class GdbSession {
  private last: Stop = { kind: 'step' };

  constructor(private readonly stops: Stops) {}

  private get hart(): Stops['hart'] {
    return this.stops.hart;
  }

  /** The reply when the debugger has asked the hart to stop while it ran. */
  interrupted(): string {
    this.hart.stand();
    return this.stopped({ kind: 'interrupted' });
  }

  /** The reply when the hart has stopped. */
  stopped(stop: Stop): string {
    this.last = stop;
    return this.stopReply();
  }

  handle(packet: string): Outcome {
    const [command, rest] = [packet.slice(0, 1), packet.slice(1)];
    switch (command) {
      case '?': return reply(this.stopReply());
      case 'g': return rest === '' ? reply(this.allRegisters()) : UNKNOWN;
      case 'G': return this.setAllRegisters(rest);
      case 'p': return this.readOne(rest);
      case 'P': return this.writeOne(rest);
      case 'm': return this.readMemory(rest);
      case 'M': return this.writeMemory(rest, fromHex);
      case 'X': return this.writeMemory(rest, (data) => new Uint8Array(Buffer.from(data, 'latin1')));
      case 'c': return this.resumeAt(false, rest);
      case 's': return this.resumeAt(true, rest);
      // With a signal to deliver, which nothing here can receive.
      case 'C': return this.resumeAt(false, rest.split(';')[1] ?? '');
      case 'S': return this.resumeAt(true, rest.split(';')[1] ?? '');
      case 'Z': return this.point(rest, true);
      case 'z': return this.point(rest, false);
      case 'k': return { kind: 'kill', reply: undefined };
      case 'D': return { kind: 'detach', reply: 'OK' };
      // One hart: whatever thread is chosen, it is that one.
      case 'H': case 'T': return OK;
      case 'q': return this.query(rest);
      case 'Q': return rest === 'StartNoAckMode' ? { kind: 'noAck', reply: 'OK' } : UNKNOWN;
      case 'v': return this.verbose(rest);
      default: return UNKNOWN;
    }
  }

  private stopReply(): string {
    const { last } = this;
    switch (last.kind) {
      case 'step': return `T${byteHex(SIGNAL.trap)}`;
      case 'interrupted': return `T${byteHex(SIGNAL.interrupt)}`;
      // Both kinds of breakpoint stop before the instruction: GDB must not correct pc.
      case 'breakpoint': return `T${byteHex(SIGNAL.trap)}`;
      case 'watchpoint': return `T${byteHex(SIGNAL.trap)}${WATCH_NAMES[last.watch.kind]}:${last.address.toString(16)};`;
      case 'end':
        if (last.end === 'tohost') return `W${byteHex(Math.min(this.hart.exit ?? 0, 0xff))}`;
        if (last.end === 'limit') return `X${byteHex(SIGNAL.cpuLimit)}`;
        if (last.end === 'hang') return `T${byteHex(SIGNAL.interrupt)}`;
        return `T${byteHex(SIGNAL_OF_CAUSE.get(this.hart.recorded().exception?.cause ?? -1) ?? SIGNAL.segmentation)}`;
    }
  }

  // ── registers ──

  private allRegisters(): string {
    let out = '';
    for (let n = 0; n <= PC_NUMBER; n++) out += wordToHex(readRegister(this.hart, n)!);
    return out;
  }

  private setAllRegisters(digits: string): Outcome {
    if (digits.length !== 8 * (PC_NUMBER + 1)) return reply(ERROR.malformed);
    const values = Array.from({ length: PC_NUMBER + 1 }, (_, n) => hexToWord(digits.slice(8 * n, 8 * n + 8)));
    if (values.includes(undefined)) return reply(ERROR.malformed);
    return values.every((value, n) => writeRegister(this.hart, n, value!)) ? OK : reply(ERROR.cannot);
  }

  private readOne(digits: string): Outcome {
    const n = number(digits);
    if (n === undefined) return reply(ERROR.malformed);
    const value = readRegister(this.hart, n);
    return reply(value === undefined ? ERROR.cannot : wordToHex(value));
  }

  private writeOne(assignment: string): Outcome {
    const [digits, valueDigits = ''] = assignment.split('=');
    const [n, value] = [number(digits), hexToWord(valueDigits)];
    if (n === undefined || value === undefined) return reply(ERROR.malformed);
    return writeRegister(this.hart, n, value) ? OK : reply(ERROR.cannot);
  }

  // ── memory ──

  private readMemory(where: string): Outcome {
    const [address, length] = where.split(',').map(number);
    if (address === undefined || length === undefined) return reply(ERROR.malformed);
    const bytes = this.hart.read(address, Math.min(length, LONGEST_READ));
    return reply(bytes.length === 0 && length > 0 ? ERROR.memory : toHex(bytes));
  }

  private writeMemory(request: string, decode: (data: string) => Uint8Array | undefined): Outcome {
    const colon = request.indexOf(':');
    const [address, length] = request.slice(0, Math.max(colon, 0)).split(',').map(number);
    const bytes = decode(request.slice(colon + 1));
    if (colon < 0 || address === undefined || length === undefined || bytes?.length !== length) return reply(ERROR.malformed);
    // GDB asks with nothing to write whether it may.
    if (length === 0) return OK;
    return this.hart.write(address, bytes) ? OK : reply(ERROR.memory);
  }

  // ── going on ──

  private resumeAt(isStep: boolean, where: string): Outcome {
    if (where !== '') {
      const address = number(where);
      if (address === undefined) return reply(ERROR.malformed);
      if (address !== this.hart.pc && !this.hart.setPc(address)) return reply(ERROR.cannot);
    }
    return { kind: 'resume', isStep };
  }

  private point(request: string, isSet: boolean): Outcome {
    const [kind = '', ...numbers] = request.split(';')[0].split(',');
    const [address, bytes] = numbers.map(number);
    if (!/^[0-4]$/.test(kind)) return UNKNOWN;
    if (address === undefined || bytes === undefined) return reply(ERROR.malformed);
    if (kind === '0' || kind === '1') {
      if (isSet) return this.stops.setBreakpoint(kind, address) ? OK : reply(ERROR.tooMany);
      this.stops.clearBreakpoint(kind, address);
      return OK;
    }
    if (bytes === 0 || bytes > LARGEST_WATCH) return reply(ERROR.malformed);
    const watch: Watchpoint = { kind: WATCH_KINDS[kind], address, bytes };
    if (isSet) return this.stops.setWatchpoint(watch) ? OK : reply(ERROR.tooMany);
    this.stops.clearWatchpoint(watch);
    return OK;
  }

  private verbose(rest: string): Outcome {
    if (rest === 'Cont?') return reply('vCont;c;C;s;S');
    if (rest === 'CtrlC') return OK;
    if (rest.startsWith('Kill')) return { kind: 'kill', reply: 'OK' };
    // Of actions for several threads the first is meant for ours.
    const action = /^Cont;([csCS])/.exec(rest)?.[1];
    return action === undefined ? UNKNOWN : { kind: 'resume', isStep: action.toLowerCase() === 's' };
  }

  // ── questions ──

  private query(rest: string): Outcome {
    const name = /^[A-Za-z]*/.exec(rest)![0];
    switch (name) {
      case 'Supported':
        return reply(`PacketSize=${PACKET_BYTES.toString(16)};QStartNoAckMode+;qXfer:features:read+;vContSupported+`);
      case 'Attached': return reply('0');
      case 'Symbol': return OK;
      case 'Xfer': return this.transfer(rest);
      case 'Rcmd': return this.monitor(rest.slice('Rcmd,'.length));
      default: return UNKNOWN;
    }
  }

  private transfer(rest: string): Outcome {
    const found = /^Xfer:features:read:([^:]*):([0-9a-f]+),([0-9a-f]+)$/i.exec(rest);
    if (!found) return UNKNOWN;
    const [from, length] = [number(found[2]), number(found[3])];
    if (found[1] !== 'target.xml' || from === undefined || length === undefined) return reply(ERROR.malformed);
    const xml = targetXml(this.hart.csrs);
    const piece = xml.slice(from, from + Math.min(length, LONGEST_READ));
    return reply(`${from + piece.length < xml.length ? 'm' : 'l'}${piece}`);
  }

  private monitor(digits: string): Outcome {
    const bytes = fromHex(digits);
    if (!bytes) return reply(ERROR.malformed);
    switch (Buffer.from(bytes).toString('latin1').trim()) {
      case 'reset':
        this.hart.reset();
        this.last = { kind: 'step' };
        return reply(text(`the program is loaded afresh\n`));
      case 'cycles': return reply(text(`${this.hart.cycles} cycles, ${this.hart.instret} instructions\n`));
      default: return reply(text(HELP));
    }
  }
}
