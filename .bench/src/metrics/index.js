/** Every metric by the name users type. */
export const metrics = {};
