/** Where the gateway writes unless its configuration says otherwise. */
export const defaultDirectory = '.regate/decisions';
export const defaultKeyFile = '.regate/checkpoint.key';
