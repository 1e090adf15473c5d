import { denseValues } from '../../data/features.js';
import { Graph } from '../../onnx/graph.js';
import { feed, openSession } from '../../onnx/session.js';
const BLOCK_CELLS = 1 << 20;
const MAX_SWEEPS = 1000;
const TOLERANCE = 1e-10; // largest weight movement of one sweep that counts as standing still
/** Sums the normal equations over row blocks in float64. Cost: O(rows · features²). */
export async function normalEquations({ features, target, weights, moments }, threads, proceed) {
    const size = features.columns.length;
    const graph = new Graph('gram');
    const matrix = graph.input('matrix', 'double', ['N', size + 1]);
    const transposed = graph.op('Transpose', [matrix], { perm: { ints: [1, 0] } });
    graph.output('gram', graph.op('MatMul', [transposed, matrix]), [size + 1, size + 1]);
    const session = await openSession(graph.encode(), { threads });
    const full = new Float64Array((size + 1) ** 2);
    try {
        const dense = features.columns.map(column => denseValues(column, features.rows));
        const step = Math.max(1, Math.floor(BLOCK_CELLS / (size + 1)));
        for (let start = 0; start < features.rows && proceed(); start += step) {
            const rows = Math.min(step, features.rows - start);
            const block = new Float64Array(rows * (size + 1));
            for (let row = 0; row < rows; row++) {
                const root = Math.sqrt(weights[start + row]);
                for (let j = 0, at = row * (size + 1); j < size; j++, at++) {
                    block[at] = root * (dense[j][start + row] - moments.means[j]) * moments.inverses[j];
                }
                block[row * (size + 1) + size] = root * target[start + row];
            }
            const result = (await session.run({ matrix: await feed(block, [rows, size + 1]) }))['gram'];
            const part = result.data;
            for (let i = 0; i < full.length; i++)
                full[i] += part[i];
        }
    }
    finally {
        await session.release();
    }
    const gram = new Float64Array(size * size);
    const moment = new Float64Array(size);
    for (let i = 0; i < size; i++) {
        gram.set(full.subarray(i * (size + 1), i * (size + 1) + size), i * size);
        moment[i] = full[i * (size + 1) + size];
    }
    return { size, gram, moment };
}
/** Solves (gram + wd I) u = moment by Cholesky factorization. */
export function solveRidge({ size, gram, moment }, wd) {
    const lower = new Float64Array(size * size);
    // A pivot that rounding made nothing belongs to a column the others already say: it gets no weight.
    const smallest = 1e-12;
    for (let i = 0; i < size; i++) {
        for (let j = 0; j <= i; j++) {
            let sum = gram[i * size + j] + (i === j ? wd : 0);
            for (let k = 0; k < j; k++)
                sum -= lower[i * size + k] * lower[j * size + k];
            if (i === j)
                lower[i * size + i] = sum > smallest ? Math.sqrt(sum) : Infinity;
            else
                lower[i * size + j] = sum / lower[j * size + j];
        }
    }
    const solution = moment.slice();
    for (let i = 0; i < size; i++) {
        for (let k = 0; k < i; k++)
            solution[i] -= lower[i * size + k] * solution[k];
        solution[i] /= lower[i * size + i];
    }
    for (let i = size - 1; i >= 0; i--) {
        for (let k = i + 1; k < size; k++)
            solution[i] -= lower[k * size + i] * solution[k];
        solution[i] /= lower[i * size + i];
    }
    return solution;
}
/**
 * Minimises ½ uᵀ gram u − momentᵀ u + wd / 2 · Σ u² + l1 · Σ |u| by cyclic coordinate descent on the normal equations
 * (Friedman, Hastie & Tibshirani 2010, §2.2). Cost: O(features²) per sweep.
 */
export function solveElasticNet({ size, gram, moment }, wd, l1) {
    const solution = new Float64Array(size);
    const slope = moment.slice(); // invariant: moment − gram · solution
    for (let sweep = 0, moved = Infinity; sweep < MAX_SWEEPS && moved > TOLERANCE; sweep++) {
        moved = 0;
        for (let j = 0; j < size; j++) {
            const diagonal = gram[j * size + j];
            if (diagonal === 0)
                continue;
            const free = slope[j] + diagonal * solution[j];
            const next = (Math.sign(free) * Math.max(0, Math.abs(free) - l1)) / (diagonal + wd);
            const step = next - solution[j];
            if (step === 0)
                continue;
            solution[j] = next;
            for (let i = 0, at = j * size; i < size; i++, at++)
                slope[i] -= step * gram[at];
            moved = Math.max(moved, Math.abs(step));
        }
    }
    return solution;
}
