/** Events of the golden model while it runs step by step: all of them to whom it may concern, the last few kept. */
import type { GoldenModel, RunResult } from '../model/golden-model.ts';
import { SHOWN_INSTRUCTIONS } from './crash.ts';
import { eventOfStep } from './hart-event.ts';
import type { HartEvent } from './hart-event.ts';

export class ModelRecord {
  private readonly events: HartEvent[] = [];

  constructor(private readonly model: GoldenModel) {}

  /** The last of them, oldest first. */
  get recent(): readonly HartEvent[] {
    return this.events;
  }

  step(): HartEvent {
    const { instret } = this.model;
    const event = eventOfStep(this.model.step(), instret);
    this.events.push(event);
    // Traps can come between, but one of the handler's first instruction is the end.
    if (this.events.length > 4 * SHOWN_INSTRUCTIONS) this.events.splice(0, 2 * SHOWN_INSTRUCTIONS);
    return event;
  }

  /** Like `GoldenModel.run`, telling of every event. */
  run(maxInstructions: number, onEvent: (event: HartEvent) => void): RunResult {
    const { model } = this;
    const from = model.instret;
    const result = (stopped: RunResult['stopped']): RunResult => ({ exit: model.exit, instret: model.instret - from, stopped });
    for (let left = maxInstructions; left > 0; left--) {
      onEvent(this.step());
      if (model.exit !== undefined) return result('tohost');
      if (model.stuck) return result('stuck');
      if (model.vainQuestion) return result('hang');
    }
    return result('limit');
  }
}
