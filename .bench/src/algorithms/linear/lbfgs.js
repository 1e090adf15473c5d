const MEMORY = 12; // pairs of steps and gradient changes kept
const SUFFICIENT = 1e-4; // Armijo's constant
const MAX_HALVINGS = 30;
const WINDOW = 10; // iterations over which progress is judged
const dot = (a, b) => {
    let sum = 0;
    for (let i = 0; i < a.length; i++)
        sum += a[i] * b[i];
    return sum;
};
const largest = (values) => {
    let size = 0;
    for (const value of values)
        size = Math.max(size, Math.abs(value));
    return size;
};
/**
 * Limited-memory BFGS (Nocedal & Wright 2006, §7.2) for smooth convex functions, and OWL-QN (Andrew & Gao 2007) where an L1
 * penalty is added: the search then keeps to the orthant that the pseudo-gradient points into.
 */
export async function minimize(objective, start, { l1, maxIterations, tolerance, relativeDecrease, proceed }) {
    const penalty = (point) => {
        let sum = 0;
        if (l1)
            for (let i = 0; i < point.length; i++)
                sum += l1[i] * Math.abs(point[i]);
        return sum;
    };
    const evaluate = async (point) => {
        const { loss, gradient } = await objective(point);
        return { loss: loss + penalty(point), gradient: gradient.slice() };
    };
    let point = start.slice();
    let { loss, gradient } = await evaluate(point);
    const pairs = [];
    const losses = [loss]; // of the points so far
    for (let iteration = 0; iteration < maxIterations && proceed(iteration); iteration++) {
        const slope = l1 ? pseudoGradient(point, gradient, l1) : gradient;
        if (largest(slope) <= tolerance)
            break;
        const direction = twoLoop(pairs, slope);
        if (l1)
            for (let i = 0; i < direction.length; i++)
                if (direction[i] * slope[i] >= 0)
                    direction[i] = 0;
        const found = await lineSearch(direction, slope, pairs.length ? 1 : 1 / Math.max(1, norm(slope)));
        if (!found) {
            // The curvature memory misled the search: forget it once, then stop.
            if (pairs.length === 0)
                break;
            pairs.length = 0;
            continue;
        }
        remember(found.point, found.gradient);
        ({ point, loss, gradient } = found);
        losses.push(loss);
        const earlier = losses.at(-1 - WINDOW);
        if (earlier !== undefined && earlier - loss <= relativeDecrease * Math.abs(loss))
            break;
    }
    return point;
    async function lineSearch(direction, slope, first) {
        const descent = dot(direction, slope);
        if (!(descent < 0))
            return undefined;
        let length = first;
        for (let halving = 0; halving < MAX_HALVINGS; halving++) {
            const next = new Float64Array(point.length);
            for (let i = 0; i < next.length; i++) {
                next[i] = point[i] + length * direction[i];
                if (l1 && l1[i] > 0) {
                    const orthant = point[i] === 0 ? -Math.sign(slope[i]) : Math.sign(point[i]);
                    if (next[i] * orthant < 0)
                        next[i] = 0;
                }
            }
            const result = await evaluate(next);
            if (result.loss <= loss + SUFFICIENT * length * descent)
                return { point: next, ...result };
            // Minimum of the parabola through the loss here, its slope, and the loss there.
            const curve = result.loss - loss - length * descent;
            const guess = curve > 0 ? (-descent * length * length) / (2 * curve) : length / 2;
            length = Math.min(0.5 * length, Math.max(0.1 * length, guess));
        }
        return undefined;
    }
    function remember(next, nextGradient) {
        const step = next.map((value, i) => value - point[i]);
        const change = nextGradient.map((value, i) => value - gradient[i]);
        const curvature = dot(step, change);
        if (curvature <= 1e-12 * dot(change, change))
            return;
        pairs.push({ step, change, curvature });
        if (pairs.length > MEMORY)
            pairs.shift();
    }
}
const norm = (values) => Math.sqrt(dot(values, values));
/** −H · slope, with H the inverse Hessian that the remembered pairs describe. */
function twoLoop(pairs, slope) {
    const result = slope.map(value => -value);
    const factors = new Float64Array(pairs.length);
    for (let i = pairs.length - 1; i >= 0; i--) {
        const { step, change, curvature } = pairs[i];
        factors[i] = dot(step, result) / curvature;
        for (let j = 0; j < result.length; j++)
            result[j] -= factors[i] * change[j];
    }
    const last = pairs.at(-1);
    if (last) {
        const scale = last.curvature / dot(last.change, last.change);
        for (let j = 0; j < result.length; j++)
            result[j] *= scale;
    }
    for (const [i, { step, change, curvature }] of pairs.entries()) {
        const factor = factors[i] - dot(change, result) / curvature;
        for (let j = 0; j < result.length; j++)
            result[j] += factor * step[j];
    }
    return result;
}
/** The steepest one-sided slope of loss + Σ l1·|point|: 0 where both sides go up. */
function pseudoGradient(point, gradient, l1) {
    return gradient.map((value, i) => {
        const weight = l1[i];
        if (point[i] !== 0)
            return value + weight * Math.sign(point[i]);
        if (value + weight < 0)
            return value + weight;
        if (value - weight > 0)
            return value - weight;
        return 0;
    });
}
