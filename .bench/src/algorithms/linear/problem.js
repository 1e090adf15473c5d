/** Half the squared error, or the negative log likelihood. Replaces each score by weight × d loss / d score. */
export function residuals({ target, weights, link }, scores) {
    let loss = 0;
    const rows = target.length;
    if (link === 'softmax') {
        const count = scores.length;
        for (let row = 0; row < rows; row++) {
            const weight = weights[row];
            const label = target[row];
            let highest = -Infinity;
            for (let k = 0; k < count; k++)
                highest = Math.max(highest, scores[k][row]);
            let sum = 0;
            const own = scores[label][row] - highest;
            for (let k = 0; k < count; k++)
                sum += scores[k][row] = Math.exp(scores[k][row] - highest);
            loss += weight * (Math.log(sum) - own);
            const scale = weight / sum;
            for (let k = 0; k < count; k++)
                scores[k][row] *= scale;
            scores[label][row] -= weight;
        }
        return loss;
    }
    const score = scores[0];
    for (let row = 0; row < rows; row++) {
        const z = score[row];
        const weight = weights[row];
        if (link === 'identity') {
            const error = z - target[row];
            loss += 0.5 * weight * error * error;
            score[row] = weight * error;
        }
        else {
            const tail = Math.exp(-Math.abs(z));
            loss += weight * (Math.max(z, 0) - z * target[row] + Math.log1p(tail));
            score[row] = weight * ((z >= 0 ? 1 / (1 + tail) : tail / (1 + tail)) - target[row]);
        }
    }
    return loss;
}
/** Adds the L2 penalty's part to a gradient and returns its part of the loss. */
export function addPenalty({ wd, scores, features }, point, gradient) {
    let squares = 0;
    const size = scores * features.columns.length;
    for (let i = 0; i < size; i++) {
        squares += point[i] * point[i];
        gradient[i] += wd * point[i];
    }
    return 0.5 * wd * squares;
}
