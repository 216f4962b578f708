import { compile } from '@inlang/paraglide-js';
import { messagesConfig } from './messages-config.js';

await compile(messagesConfig);
