import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { performance } from 'node:perf_hooks';
import { byteSize, figure } from '../src/util/text.js';
let sink = 0;
export const median = (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
/** Runs the contenders in turn, `runs` times after `warmUp` rounds that are not counted, so that a busy moment hits all alike. */
export async function interleave(contenders, { runs = 3, warmUp = 1 } = {}) {
    const seconds = contenders.map(() => []);
    const quality = contenders.map(() => ({}));
    for (let round = -warmUp; round < runs; round++) {
        for (const [i, contender] of contenders.entries()) {
            const start = performance.now();
            const result = await contender.run();
            const elapsed = result.seconds ?? (performance.now() - start) / 1000;
            sink += result.sink;
            if (round < 0)
                continue;
            seconds[i].push(elapsed);
            Object.assign(quality[i], result.quality);
        }
    }
    return contenders.map(({ name }, i) => ({
        name,
        seconds: median(seconds[i]),
        runs: seconds[i],
        quality: quality[i],
    }));
}
export const ratio = (name, ours, peer, bound, atLeast = false) => ({
    name,
    ratio: ours / peer,
    bound,
    ...(atLeast ? { atLeast } : {}),
    ours,
    peer,
});
export const benchOptions = (args = process.argv.slice(2)) => ({
    quick: args.includes('--quick'),
    json: args.includes('--json'),
});
/** Progress and notes go to stderr; stdout is the result alone. */
export const note = (line) => void process.stderr.write(`${line}\n`);
export const measurementLine = ({ name, seconds, runs, quality }) => [
    `  ${name.padEnd(34)} ${figure(seconds).padStart(9)} s  (${figure(Math.min(...runs), 3)} … ${figure(Math.max(...runs), 3)})`,
    ...Object.entries(quality).map(([key, value]) => `${key} ${figure(value, 5)}`),
].join('  ');
/** Prints the result: JSON for programs, a table for people. */
export function finish(ratios, versions, json) {
    const machine = describeMachine();
    if (!Number.isFinite(sink))
        note(`sink ${sink}`);
    if (json) {
        process.stdout.write(`${JSON.stringify({ ratios, machine, versions: { node: process.version, ...versions } })}\n`);
        return;
    }
    for (const { name, ratio, bound, atLeast, ours, peer } of ratios) {
        const kept = atLeast ? ratio >= bound : ratio <= bound;
        const sign = atLeast ? '≥' : '≤';
        process.stdout.write(`${kept ? 'ok  ' : 'MISS'} ${name.padEnd(56)} ${figure(ratio, 3).padStart(7)}  (${sign} ${bound}; ours ${figure(ours)}, peer ${figure(peer)})\n`);
    }
    process.stdout.write(`${machine}; node ${process.version}; ${Object.entries(versions).map(entry => entry.join(' ')).join(', ')}\n`); // prettier-ignore
}
export const describeMachine = () => `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${byteSize(totalmem())}, ${process.platform} ${process.arch}`;
/** The Python used for peers: GLASSPILOT_PYTHON, else python3. */
export const pythonPath = () => process.env['GLASSPILOT_PYTHON'] ?? 'python3';
/** Version of each Python package, of those that can be imported. */
export function pythonVersions(packages) {
    const program = `import json,importlib
found={}
for name in ${JSON.stringify(packages)}:
    try: found[name]=importlib.import_module(name).__version__
    except Exception: pass
print(json.dumps(found))`;
    const result = spawnSync(pythonPath(), ['-c', program], { encoding: 'utf8' });
    return result.status === 0 ? JSON.parse(result.stdout) : {};
}
/** The version field of an installed npm package. */
export const npmVersion = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).version;
