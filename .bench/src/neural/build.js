const normals = (count, deviation, rng) => Float32Array.from({ length: count }, () => deviation * rng.normal());
/** A dense layer whose outputs have about `gain` times the spread of its inputs (He et al. 2015 for gain √2). */
export function dense(inputs, outputs, gain, rng) {
    const weights = normals(inputs * outputs, gain / Math.sqrt(inputs), rng);
    return { kind: 'dense', inputs, outputs, weights, biases: new Float32Array(outputs) };
}
const GAINS = { relu: Math.SQRT2, silu: 1.68, tanh: 1 };
/** Dense, activation, dropout, again and again, and a last dense layer. */
export function denseStack({ inputs, hidden, outputs, activation, dropout, rng }) {
    const layers = [];
    let width = inputs;
    for (const next of hidden) {
        layers.push(dense(width, next, GAINS[activation], rng), { kind: 'activation', name: activation });
        if (dropout > 0)
            layers.push({ kind: 'dropout', rate: dropout });
        width = next;
    }
    layers.push(dense(width, outputs, 1, rng));
    return layers;
}
/** An embedding with small random vectors; the row for the unknown starts at the origin. */
export function embedding(feature, categories, width, rng) {
    const table = new Float32Array((categories + 1) * width);
    table.set(normals(categories * width, 0.5, rng));
    return { feature, categories, width, table };
}
/** A 3 × 3 convolution before a relu, with weights as `dense` draws them. */
export function conv(inputs, outputs, rng) {
    const weights = normals(outputs * inputs * 9, GAINS.relu / Math.sqrt(9 * inputs), rng);
    return { kind: 'conv', inputs, outputs, weights, biases: new Float32Array(outputs) };
}
