/** The other end of GDB's remote protocol, for tests: a TCP client that sends requests and waits for replies. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { PacketReader, frame } from '../../../sim/debug/gdb-packets.ts';
import type { Token } from '../../../sim/debug/gdb-packets.ts';

export class GdbClient {
  private readonly reader = new PacketReader();
  private readonly tokens: Token[] = [];
  private wake: (() => void) | undefined;
  isClosed = false;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.tokens.push(...this.reader.push(bytes));
      this.wake?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.wake?.();
    });
  }

  static open(port: number): Promise<GdbClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new GdbClient(socket)));
      socket.once('error', reject);
    });
  }

  /** A connection after another one was lost, of which the server may not know yet. */
  static async again(port: number): Promise<GdbClient> {
    for (;;) {
      const client = await GdbClient.open(port);
      client.raw(frame('?'));
      try {
        await client.reply();
        return client;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  raw(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Sends a request and returns the reply, each acknowledged. */
  async ask(request: string): Promise<string> {
    this.raw(frame(request));
    return this.reply();
  }

  /** The next reply; acknowledgements before it are passed over. */
  async reply(): Promise<string> {
    for (;;) {
      const token = await this.next();
      if (token.kind !== 'packet') continue;
      this.raw('+');
      return token.data;
    }
  }

  async next(): Promise<Token> {
    while (this.tokens.length === 0) {
      if (this.isClosed) throw new Error('the connection is closed');
      await new Promise<void>((resolve) => this.wake = resolve);
    }
    return this.tokens.shift()!;
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await new Promise<void>((resolve) => this.wake = resolve);
  }

  close(): void {
    this.socket.destroy();
  }
}
