/**
 * The connection to a debugger: TCP on this machine alone, one debugger at a time, acknowledgements, Ctrl-C. Lets the hart go
 * on in short slices so that a connection is always heard. Whatever comes over it, work and memory stay bounded and the
 * simulation stands. Must not know what requests mean.
 */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { UserError } from '../../gen/user-error.ts';
import { PacketReader, frame } from './gdb-packets.ts';
import type { Token } from './gdb-packets.ts';
import { GdbSession } from './gdb-session.ts';
import type { Stop, Stops } from './stops.ts';

const HOST = '127.0.0.1';
/** How long the hart goes on before connections are looked after. */
const SLICE_MILLISECONDS = 20;
/** How often one reply is sent again at the debugger's wish. */
const MOST_REPEATS = 3;

/** ended: by itself, killed: by the debugger. */
export type GdbEnd = 'ended' | 'killed';

export interface GdbServerOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** The port, once a debugger can connect. */
  readonly onListening?: (port: number) => void;
  /** Whatever is to be done after each slice. */
  readonly onSlice?: () => void;
}

/**
 * Serves debuggers until the program has ended or one of them kills it. After a debugger has detached, the program runs on to
 * its end; where the connection is merely lost, the hart waits for the next one. Rejects with UserError when the port cannot
 * be had.
 */
export function serveGdb(stops: Stops, options: GdbServerOptions): Promise<GdbEnd> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    let current: Connection | undefined;
    const finish = (end: GdbEnd): void => {
      server.close();
      current?.finish();
      resolve(end);
    };
    const fail = (error: unknown): void => {
      server.close();
      current?.drop();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const runner = new Runner(stops, options.onSlice ?? (() => undefined), fail);
    server.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${error.code ?? error.message})`;
      fail(new UserError(`--gdb ${options.port}: the port ${why}; give another one, or 0 for any that is free`));
    });
    server.on('connection', (socket) => {
      if (current) {
        socket.on('error', () => undefined);
        socket.destroy();
        return;
      }
      current = new Connection(socket, new GdbSession(stops), runner, {
        closed: () => {
          current = undefined;
          runner.pause();
          stops.clear();
        },
        killed: () => finish('killed'),
        ended: () => finish('ended'),
        detached: () => {
          server.close();
          current = undefined;
          stops.clear();
          runner.resume(false, () => finish('ended'));
        },
        failed: fail,
      });
    });
    listen(server, options);
  });
}

function listen(server: Server, { port, onListening }: GdbServerOptions): void {
  server.listen(port, HOST, () => onListening?.((server.address() as AddressInfo).port));
}

/** Lets the hart go on, slice after slice. */
class Runner {
  private going: { readonly isStep: boolean; readonly onStop: (stop: Stop) => void } | undefined;

  constructor(private readonly stops: Stops, private readonly onSlice: () => void, private readonly onError: (error: unknown) => void) {}

  get isGoing(): boolean {
    return this.going !== undefined;
  }

  resume(isStep: boolean, onStop: (stop: Stop) => void): void {
    this.going = { isStep, onStop };
    setImmediate(() => this.slice());
  }

  /** Stops where the hart stands; nobody is told. */
  pause(): void {
    this.going = undefined;
  }

  private slice(): void {
    const { going } = this;
    if (!going) return;
    try {
      const stop = this.stops.goOn(going.isStep, SLICE_MILLISECONDS);
      this.onSlice();
      if (!stop) {
        setImmediate(() => this.slice());
        return;
      }
      this.going = undefined;
      going.onStop(stop);
    } catch (error) {
      this.going = undefined;
      this.onError(error);
    }
  }
}

interface ConnectionEvents {
  closed(): void;
  killed(): void;
  ended(): void;
  detached(): void;
  failed(error: unknown): void;
}

class Connection {
  private readonly reader = new PacketReader();
  private acknowledges = true;
  /** The reply that the debugger has not acknowledged. */
  private pending: { readonly text: string; repeats: number } | undefined;
  private isOver = false;

  constructor(
    private readonly socket: Socket, private readonly session: GdbSession, private readonly runner: Runner,
    private readonly events: ConnectionEvents,
  ) {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!this.isOver) events.closed();
      this.isOver = true;
    });
    socket.on('drain', () => socket.resume());
    socket.on('data', (bytes) => this.receive(bytes));
  }

  /** Sends what is still to be sent, and closes. */
  finish(): void {
    this.isOver = true;
    this.socket.end();
    // Whatever the debugger says now, nobody listens.
    this.socket.destroySoon();
  }

  drop(): void {
    this.isOver = true;
    this.socket.destroy();
  }

  private receive(bytes: Buffer): void {
    try {
      for (const token of this.reader.push(bytes)) if (!this.isOver) this.take(token);
    } catch (error) {
      this.events.failed(error);
    }
  }

  private take(token: Token): void {
    switch (token.kind) {
      case 'ack':
        this.pending = undefined;
        return;
      case 'nak': {
        const { pending } = this;
        if (pending && pending.repeats++ < MOST_REPEATS) this.write(pending.text);
        return;
      }
      case 'interrupt':
        if (!this.runner.isGoing) return;
        this.runner.pause();
        this.send(this.session.interrupted());
        return;
      case 'bad':
        if (this.acknowledges) this.write('-');
        return;
      case 'tooLong':
        if (this.acknowledges) this.write('+');
        this.send('E02');
        return;
      case 'packet':
        if (this.acknowledges) this.write('+');
        this.obey(token.data);
    }
  }

  private obey(packet: string): void {
    // While the hart is going, only Ctrl-C and the end are to be asked for.
    if (this.runner.isGoing && packet !== 'k' && !packet.startsWith('vKill')) return;
    const outcome = this.session.handle(packet);
    switch (outcome.kind) {
      case 'reply':
        this.send(outcome.reply);
        return;
      case 'noAck':
        this.send(outcome.reply);
        this.acknowledges = false;
        return;
      case 'resume':
        this.runner.resume(outcome.isStep, (stop) => this.stopped(stop));
        return;
      case 'kill':
        this.runner.pause();
        if (outcome.reply !== undefined) this.send(outcome.reply);
        this.events.killed();
        return;
      case 'detach':
        this.send(outcome.reply);
        this.finish();
        this.events.detached();
    }
  }

  private stopped(stop: Stop): void {
    this.send(this.session.stopped(stop));
    // A hart that is stuck or waits can still be looked at.
    if (stop.kind === 'end' && stop.end !== 'stuck' && stop.end !== 'hang') this.events.ended();
  }

  private send(reply: string): void {
    const text = frame(reply);
    if (this.acknowledges) this.pending = { text, repeats: 0 };
    this.write(text);
  }

  private write(text: string): void {
    // A debugger that does not read is not listened to either, so that replies cannot pile up.
    if (!this.socket.write(text, 'latin1')) this.socket.pause();
  }
}
