import { scalar } from '../onnx/network.js';
const EPSILON = 1e-8;
/**
 * One step of AdamW (Loshchilov & Hutter 2019). The moments are kept without the factors (1 − β), which moves the bias
 * correction into `alpha` and `epsilon`: numbers made outside the graph, so any schedule costs nothing inside it.
 */
export function emitAdamW(graph, state, gradient, { alpha, epsilon, decay }, { beta1, beta2 }) {
    const keep = (beta, moment, addend) => graph.op('Add', [graph.op('Mul', [moment, scalar(graph, beta, moment)]), addend]);
    const first = keep(beta1, state.first, gradient);
    const second = keep(beta2, state.second, graph.op('Mul', [gradient, gradient]));
    const length = graph.op('Add', [graph.op('Sqrt', [second]), epsilon]);
    const step = graph.op('Div', [graph.op('Mul', [first, alpha]), length]);
    const weights = graph.op('Sub', [graph.op('Mul', [state.weights, decay]), step]);
    return { weights, first, second };
}
/** `alpha`, `epsilon` and `decay` of step number `step` (from 1) at learning rate `rate`. */
export function adamScalars(rate, step, { beta1, beta2, weightDecay }) {
    const scale = Math.sqrt((1 - beta2 ** step) / (1 - beta2));
    return {
        alpha: ((rate * (1 - beta1)) / (1 - beta1 ** step)) * scale,
        epsilon: EPSILON * scale,
        decay: 1 - rate * weightDecay,
    };
}
