import { linear } from './linear.js';
import { network } from './network.js';
/** Every kind of model. */
export const modelKinds = [linear, network];
const kindOf = (model) => {
    const kind = modelKinds.find(candidate => candidate.kind === model.kind);
    if (!kind)
        throw new Error(`model kind "${model.kind}" is not in the table of model kinds`);
    return kind;
};
/** Row-major rows × outputs. */
export const predictModel = (model, features) => kindOf(model).predict(model, features);
/** Adds the model to a graph; see `ModelKind.emit`. */
export const emitModel = (model, graph, features) => kindOf(model).emit(model, graph, features);
