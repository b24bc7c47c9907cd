/** External tools the printed SystemVerilog is shown to, each in a temporary directory that goes away afterwards. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesOf } from '../../gen/print/systemverilog.ts';
import type { SourceFile } from '../../gen/print/systemverilog.ts';

export type Tool = 'verilator' | 'iverilog' | 'yosys';

const missing = new Set<Tool>();

/** Whether a tool is there. A missing one is said once and skipped; with CI set it is used all the same, and fails. */
export function has(tool: Tool): boolean {
  if (process.env.CI) return true;
  const found = spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
  if (!found && !missing.has(tool)) {
    missing.add(tool);
    console.warn(`skipped: tests that need ${tool}; apt-get install ${tool}`);
  }
  return found;
}

/** Runs `body` in a directory that holds the files. */
export function inDirectory<T>(files: readonly SourceFile[], body: (dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'systole-gen-'));
  try {
    for (const f of filesOf(files)) writeFileSync(join(dir, f.name), f.text);
    return body(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Everything that the tool says, or the empty string if it is content. */
function complaints(dir: string, command: string, args: readonly string[]): string {
  const r = spawnSync(command, args, { cwd: dir, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (r.error) throw r.error;
  const said = `${r.stdout}${r.stderr}`.trim();
  return r.status === 0 ? said : said || `${command} ended with ${r.status}`;
}

const names = (files: readonly SourceFile[]): string[] => files.map((f) => f.name);

export function lintWithVerilator(dir: string, files: readonly SourceFile[], top: string): string {
  return complaints(dir, 'verilator', ['--lint-only', '-Wall', '--top-module', top, ...names(files)]);
}

export function compileWithIcarus(dir: string, files: readonly SourceFile[], top: string): string {
  return complaints(dir, 'iverilog', ['-g2012', '-Wall', '-Wno-timescale', '-s', top, '-o', 'out.vvp', ...names(files)]);
}

export function checkWithYosys(dir: string, files: readonly SourceFile[], top: string): string {
  const script = `read_verilog -sv ${names(files).join(' ')}; hierarchy -check -top ${top}; proc; check -assert`;
  return complaints(dir, 'yosys', ['-q', '-p', script]);
}

/** Of what Verilator says, all but what it finds constant by deep propagation: random designs have such places. */
export function exceptConstants(said: string): string[] {
  return said.split('\n').filter((l) => /^%(Warning|Error)/.test(l) && !/^%Warning-(CMPCONST|UNSIGNED|SELRANGE)|^%Error: Exiting/.test(l));
}

/**
 * A module as Icarus 11 simulates it right: that wakes every later always_comb of the whole simulation when one wakes, so that three in a
 * row never come to rest. It gets `always @*`, which reads something that changes once: else a block of constants would never run.
 */
function forIcarus(text: string): string {
  if (!/\balways_comb\b/.test(text)) return text;
  const begun = text.replace(/^module [^;]*;/m, (head) => `${head}\n  logic has_begun = 0;\n  initial #0 has_begun = 1;`);
  return begun.replace(/\balways_comb\b/g, 'always @* if (has_begun)');
}

/** Runs a testbench `Tb.sv` (module `tb`) with the files; returns the lines that it prints. */
export function simulate(files: readonly SourceFile[], testbench: string): string[] {
  return inDirectory([...files.map((f) => ({ ...f, text: forIcarus(f.text) })), { name: 'Tb.sv', text: testbench }], (dir) => {
    execFileSync('iverilog', ['-g2012', '-s', 'tb', '-o', 'tb.vvp', ...names(files), 'Tb.sv'], { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    return execFileSync('vvp', ['-n', 'tb.vvp'], { cwd: dir, encoding: 'utf8', maxBuffer: 1 << 28, timeout: 20_000 }).trim().split('\n');
  });
}

/** The modules after Yosys has read them and turned their processes into cells, as one plain Verilog file. */
export function throughYosys(files: readonly SourceFile[]): SourceFile {
  const text = inDirectory(files, (dir) => {
    const script = `read_verilog -sv ${names(files).join(' ')}; proc; opt_clean; write_verilog -noattr`;
    return execFileSync('yosys', ['-Q', '-T', '-q', '-p', script], { cwd: dir, encoding: 'utf8', maxBuffer: 1 << 28 });
  });
  return { name: 'Netlist.v', text };
}
