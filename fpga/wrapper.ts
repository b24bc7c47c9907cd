/**
 * What stands between a board's pins and `BoardTop`: the clock (straight or through the PLL), the reset after power-up and by
 * button, and the pin constraints. Written as text because the language has one implicit clock and reset, which this makes.
 */
import type { Board } from './boards.ts';
import { pllSettings } from './pll.ts';

/** Name of the module that has the pins. */
export const WRAPPER = 'top';

/** Bits of the reset counter: block RAM can be read some microseconds after configuration only. */
const RESET_BITS = 8;

function clockLines(board: Board, clockHz: number): string[] {
  if (clockHz === board.clock.hz) return ['  assign clk = pin_clk;', "  assign locked = 1'b1;"];
  const { divr, divf, divq, filterRange, outHz } = pllSettings(board.clock.hz, clockHz);
  const { primitive } = board.device.pll;
  const source = primitive === 'SB_PLL40_PAD' ? 'PACKAGEPIN' : 'REFERENCECLK';
  return [
    `  // ${board.clock.hz / 1e6} MHz to ${outHz / 1e6} MHz.`,
    `  ${primitive} #(`,
    '    .FEEDBACK_PATH("SIMPLE"),',
    `    .DIVR(4'd${divr}),`,
    `    .DIVF(7'd${divf}),`,
    `    .DIVQ(3'd${divq}),`,
    `    .FILTER_RANGE(3'd${filterRange})`,
    '  ) pll (',
    `    .${source}(pin_clk),`,
    '    .PLLOUTGLOBAL(clk),',
    '    .LOCK(locked),',
    "    .RESETB(1'b1),",
    "    .BYPASS(1'b0)",
    '  );',
  ];
}

/** SystemVerilog of the module with the pins. */
export function wrapperText(clockHz: number, board: Board): string {
  const button = board.button === undefined ? [] : ['  input  logic pin_button,'];
  return [
    `// Pins, clock and reset of ${board.title}.`,
    `module ${WRAPPER} (`,
    '  input  logic pin_clk,',
    ...button,
    '  input  logic pin_rx,',
    '  output logic pin_tx,',
    '  output logic pin_txLamp,',
    '  output logic pin_rxLamp',
    ');',
    '',
    '  logic clk;',
    '  logic locked;',
    ...clockLines(board, clockHz),
    '',
    '  // Registers of this FPGA are 0 after power-up: the reset ends when the counter is full.',
    `  logic [${RESET_BITS - 1}:0] resetCount = '0;`,
    "  logic [1:0] pressed = '0;",
    '  logic rst;',
    '  assign rst = !(&resetCount);',
    '  always_ff @(posedge clk) begin',
    `    pressed <= {pressed[0], ${board.button === undefined ? "1'b0" : '!pin_button'}};`,
    "    if (!locked || pressed[1]) resetCount <= '0;",
    `    else if (rst) resetCount <= resetCount + ${RESET_BITS}'d1;`,
    '  end',
    '',
    '  BoardTop board (',
    '    .clk(clk),',
    '    .rst(rst),',
    '    .rxLine(pin_rx),',
    '    .txLine(pin_tx),',
    '    .txLamp(pin_txLamp),',
    '    .rxLamp(pin_rxLamp)',
    '  );',
    'endmodule',
    '',
  ].join('\n');
}

/** Pin constraints in nextpnr's format. */
export function pinConstraints(board: Board): string {
  const pins: [string, string, string?][] = [
    ['pin_clk', board.clock.pin],
    ['pin_tx', board.uart.tx],
    ['pin_rx', board.uart.rx],
    ['pin_txLamp', board.lamps.tx],
    ['pin_rxLamp', board.lamps.rx],
    ...(board.button === undefined ? [] : [['pin_button', board.button, '-pullup yes'] as [string, string, string]]),
  ];
  return `# ${board.title}\n${pins.map(([name, pin, options]) => `set_io ${options ? `${options} ` : ''}${name} ${pin}`).join('\n')}\n`;
}
