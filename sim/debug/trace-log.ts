/**
 * The log of everything a hart did: one line an event, as text for people and for `grep`. Keeps nothing but a bounded cache of
 * instructions' texts. Must not know engines.
 */
import { descriptorOutput, openOutput } from '../../gen/files/output.ts';
import type { OutputFile } from '../../gen/files/output.ts';
import { ABI_NAMES } from '../../hw/isa/encoding.ts';
import { EXCEPTION } from '../../hw/isa/csr.ts';
import { disassemble } from '../model/disassemble.ts';
import { causeName } from './hart-event.ts';
import type { HartEvent, TrapEvent } from './hart-event.ts';
import { hex32, placeOf } from './symbols.ts';
import type { Symbols } from './symbols.ts';

/** Characters gathered before they are written. */
const BUFFER_CHARACTERS = 1 << 16;
/** Instructions whose text is remembered; a program's loops are far smaller. */
const CACHED = 1 << 16;
const COLUMNS = { cycle: 10, pc: 8, place: 24, encoding: 8, instruction: 36 } as const;
/** Of an instruction's text with what stands before it and the spaces between. */
const TEXT_WIDTH = COLUMNS.pc + COLUMNS.place + COLUMNS.encoding + COLUMNS.instruction + 3;

const encodingText = (word: number): string => (word & 3) === 3 ? hex32(word) : (word & 0xffff).toString(16).padStart(4, '0').padEnd(COLUMNS.encoding);

/** An instruction at its place, without what it did. Compressed ones show what they stand for. */
export function instructionText(pc: number, word: number, symbols?: Symbols): string {
  const text = disassemble(word, { pc, expand: true, ...(symbols ? { symbols } : {}) });
  return `${hex32(pc)} ${placeOf(pc, symbols).padEnd(COLUMNS.place)} ${encodingText(word)} ${text}`;
}

/** `load fault (exception 5), tval 40000000`. */
export function trapText({ cause, interrupt, tval }: Pick<TrapEvent, 'cause' | 'interrupt' | 'tval'>): string {
  return interrupt ? `${causeName(cause, true)} (interrupt ${cause})` : `${causeName(cause, false)} (exception ${cause}), tval ${hex32(tval)}`;
}

/** Writes events as lines without their ends. */
export class EventText {
  private readonly cache = new Map<number, { readonly word: number; readonly text: string }>();

  constructor(private readonly symbols?: Symbols) {}

  /** `cycle pc symbol+offset encoding instruction  register=value`; a trap: `cycle pc symbol+offset encoding ! cause, tval`. */
  line(event: HartEvent): string {
    const cycle = String(event.cycle).padStart(COLUMNS.cycle);
    if (event.kind === 'trap') {
      const hasWord = !event.interrupt && event.cause !== EXCEPTION.instructionFault.cause;
      const encoding = hasWord ? encodingText(event.word) : ' '.repeat(COLUMNS.encoding);
      return `${cycle} ${hex32(event.pc)} ${placeOf(event.pc, this.symbols).padEnd(COLUMNS.place)} ${encoding} ! ${trapText(event)}`;
    }
    const text = this.instruction(event.pc, event.word);
    if (event.rd === 0) return `${cycle} ${text.trimEnd()}`;
    return `${cycle} ${text} ${ABI_NAMES[event.rd]}=${hex32(event.value)}`;
  }

  private instruction(pc: number, word: number): string {
    const known = this.cache.get(pc);
    if (known?.word === word) return known.text;
    if (this.cache.size >= CACHED) this.cache.clear();
    const text = instructionText(pc, word, this.symbols).padEnd(TEXT_WIDTH);
    this.cache.set(pc, { word, text });
    return text;
  }
}

export interface TraceLog {
  write(event: HartEvent): void;
  /** Writes what has been gathered. */
  flush(): void;
  close(): void;
}

/** A log into a file, which is replaced; throws UserError if it cannot be written, and then no part of it stays. */
export const traceToFile = (path: string, symbols?: Symbols): TraceLog => traceTo(openOutput(path), symbols);

/**
 * A log to stderr, at once: through Node's stream it would wait in memory until the run has ended, where the reader is slow
 * or has gone (`| head`).
 */
export const traceToStderr = (symbols?: Symbols): TraceLog => traceTo(descriptorOutput('the trace on stderr', process.stderr.fd), symbols);

/** A log whose text is handed on in large pieces of whole lines. */
export function traceTo(output: Pick<OutputFile, 'write' | 'close'>, symbols?: Symbols): TraceLog {
  const text = new EventText(symbols);
  let buffer = '';
  const flush = (): void => {
    const gathered = buffer;
    // What cannot be written is not tried again.
    buffer = '';
    if (gathered !== '') output.write(gathered);
  };
  return {
    write(event) {
      buffer += `${text.line(event)}\n`;
      if (buffer.length >= BUFFER_CHARACTERS) flush();
    },
    flush,
    close() {
      flush();
      output.close();
    },
  };
}
