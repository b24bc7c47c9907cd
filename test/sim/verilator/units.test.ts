import { describe, expect, it } from 'vitest';
import { translationUnits } from '../../../sim/verilator/units.ts';

describe('translation units of a verilated design', () => {
  it('are two for a small design: what runs every cycle, and what runs at the start', () => {
    const names = ['Vsim.cpp', 'Vsim__Syms.cpp', 'Vsim___024root__0.cpp', 'Vsim___024root__0__Slow.cpp'];
    const units = translationUnits(names.map((name) => ({ name, bytes: 3000 })));
    expect(units).toEqual([
      { name: 'fast_0.cpp', text: '#include "Vsim.cpp"\n#include "Vsim___024root__0.cpp"\n' },
      { name: 'slow_0.cpp', text: '#include "Vsim__Syms.cpp"\n#include "Vsim___024root__0__Slow.cpp"\n' },
    ]);
  });

  it('are of about equal size for a large one, and hold every file once', () => {
    const files = Array.from({ length: 20 }, (_, i) => ({ name: `a${i}.cpp`, bytes: 50_000 + 1000 * i }));
    const units = translationUnits(files);
    expect(units).toHaveLength(6);
    expect(units.flatMap((u) => u.text.trim().split('\n')).sort()).toEqual(files.map((f) => `#include "${f.name}"`).sort());
    for (const unit of units) expect(unit.text.trim().split('\n').length).toBeLessThanOrEqual(4);
  });
});
