/** Formats that are made once: making one costs a hundred times what using it does, and a thread asks for thousands. */
function kept<Options, Format>(Maker: new (language: string, options: Options) => Format) {
	const known = new Map<string, Format>();
	return (language: string, options: Options): Format => {
		const key = `${language} ${JSON.stringify(options)}`;
		let format = known.get(key);
		if (!format) known.set(key, (format = new Maker(language, options)));
		return format;
	};
}

export const dateFormat = kept<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>(Intl.DateTimeFormat);
export const listFormat = kept<Intl.ListFormatOptions, Intl.ListFormat>(Intl.ListFormat);
export const relativeFormat = kept<Intl.RelativeTimeFormatOptions, Intl.RelativeTimeFormat>(
	Intl.RelativeTimeFormat,
);
