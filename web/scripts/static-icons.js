// Lucide's components build each icon at run time from a list of shapes, with an element and a bag of attributes for
// each: on a slow phone that is a sixth of what drawing the first screen costs. This preprocessor turns them into plain
// markup while the client is built. What they take is what the client gives them: size, strokeWidth and class; they are
// decoration beside a text always, so they are hidden from screen readers always.
const icon = /\/@lucide\/svelte\/dist\/icons\/[^/]+\.svelte$/;

export const staticIcons = {
	name: 'static-icons',
	/** @param {{ content: string, filename?: string }} file */
	markup({ content, filename }) {
		if (!filename || !icon.test(filename)) return;
		const data = /^const iconData = (\{.*\});$/m.exec(content)?.[1];
		if (!data) throw new Error(`${filename}: Lucide writes its icons in another way now`);
		/** @type {{ size: number, node: [string, Record<string, string>][] }} */
		const { size, node } = JSON.parse(data);
		const shapes = node.map(([tag, attributes]) => {
			const text = Object.entries(attributes).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
			return `<${tag}${text.join('')} />`;
		});
		return {
			code: `<script>let { size = ${size}, strokeWidth = 2, class: extra = undefined } = $props();</script>
<svg width={size} height={size} viewBox="0 0 ${size} ${size}" fill="none" stroke="currentColor" stroke-width={strokeWidth} stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" class={extra}>${shapes.join('')}</svg>`,
		};
	},
};
