export const openapiDocument: object = {};
