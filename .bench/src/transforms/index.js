/** Every transform. A new one is one file and one line here. */
export const transforms = [];
