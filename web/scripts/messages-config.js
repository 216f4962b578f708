// One set of options for the build, the type check and the tests, so that all three see the same messages.
export const messagesConfig = {
	project: './project.inlang',
	outdir: './src/lib/paraglide',
	outputStructure: /** @type {const} */ ('locale-modules'),
	// No locale in addresses: links between colleagues who use different languages must stay the same.
	strategy: /** @type {any} */ (['localStorage', 'preferredLanguage', 'baseLocale']),
	localStorageKey: 'liaison.language',
	emitReadme: false,
	emitGitIgnore: false,
	emitPrettierIgnore: false,
};
