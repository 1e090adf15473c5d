export const linear = {
    kind: 'linear',
    async predict(model, features) {
        return link(model, linearScores(model, features));
    },
    emit(model, graph, features) {
        const scores = model.biases.length;
        const weights = graph.constant(model.weights, [scores, model.features]);
        const biases = graph.constant(model.biases, [scores]);
        const product = graph.op('MatMul', [
            graph.cast(features, 'double'),
            graph.op('Transpose', [weights], { perm: { ints: [1, 0] } }),
        ]);
        return emitLink(model.link, graph, graph.op('Add', [product, biases]));
    },
};
/** Row-major rows × scores, before the link. */
function linearScores({ weights, biases, features: width }, { rows, columns }) {
    const count = biases.length;
    const scores = new Float64Array(rows * count);
    for (let row = 0; row < rows; row++)
        scores.set(biases, row * count);
    for (const [j, column] of columns.entries()) {
        for (let k = 0; k < count; k++) {
            const weight = weights[k * width + j];
            if (weight === 0 && column.kind === 'sparse')
                continue;
            const { values } = column;
            if (column.kind === 'dense') {
                for (let row = 0, at = k; row < rows; row++, at += count)
                    scores[at] += weight * values[row];
            }
            else {
                const { index } = column;
                for (let i = 0; i < index.length; i++)
                    scores[index[i] * count + k] += weight * values[i];
            }
        }
    }
    return scores;
}
function link({ link, outputs }, scores) {
    if (link === 'identity')
        return scores;
    if (link === 'logistic') {
        const probabilities = new Float64Array(2 * scores.length);
        for (let row = 0; row < scores.length; row++) {
            // The smaller of the two is computed directly: 1 − p would lose its digits.
            const small = 1 / (1 + Math.exp(Math.abs(scores[row])));
            probabilities[2 * row] = scores[row] > 0 ? small : 1 - small;
            probabilities[2 * row + 1] = scores[row] > 0 ? 1 - small : small;
        }
        return probabilities;
    }
    for (let start = 0; start < scores.length; start += outputs) {
        const row = scores.subarray(start, start + outputs);
        let highest = -Infinity;
        for (const score of row)
            highest = Math.max(highest, score);
        let sum = 0;
        for (let k = 0; k < outputs; k++)
            sum += row[k] = Math.exp(row[k] - highest);
        for (let k = 0; k < outputs; k++)
            row[k] /= sum;
    }
    return scores;
}
function emitLink(link, graph, scores) {
    if (link === 'identity')
        return scores;
    if (link === 'softmax')
        return graph.op('Softmax', [scores], { axis: 1 });
    return graph.op('Concat', [graph.op('Sigmoid', [graph.op('Neg', [scores])]), graph.op('Sigmoid', [scores])], { axis: 1 });
}
