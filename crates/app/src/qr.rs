//! QR codes as pictures: dark on white whatever the theme around them, with the quiet zone that readers need.

use crate::error::AppError;
use fast_qr::{ECL, QRBuilder};
use std::fmt::Write;

/// The white around the code, in modules: what the standard asks for.
const QUIET: usize = 4;
/// How many pixels a module has in a PNG: some 500 for an address, enough for print on a card.
const SCALE: usize = 12;

/// A QR code.
#[derive(Debug)]
pub struct Qr {
    size: usize,
    dark: Vec<bool>,
}

impl Qr {
    /// The code of a text.
    ///
    /// # Errors
    /// Where the text is too long for any code (some 2,300 bytes).
    pub fn of(text: &str) -> Result<Self, AppError> {
        let code = QRBuilder::new(text).ecl(ECL::M).build().map_err(|e| AppError::internal(format!("{e:?}")))?;
        let size = code.size;
        let dark = (0..size * size).map(|i| code[i / size][i % size].value()).collect();
        Ok(Self { size, dark })
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        self.dark[y * self.size + x]
    }

    /// As SVG: one path, without script, style or reference.
    pub fn svg(&self) -> String {
        let side = self.size + 2 * QUIET;
        let mut path = String::new();
        for y in 0..self.size {
            let mut x = 0;
            while x < self.size {
                let run = (x..self.size).take_while(|&x| self.is_dark(x, y)).count();
                if run > 0 {
                    let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
                }
                x += run.max(1);
            }
        }
        let pixels = side * 8;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{pixels}\" height=\"{pixels}\" \
             viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
        )
    }

    /// As PNG, one bit a pixel.
    ///
    /// # Errors
    /// None that could come from the code; what writes pictures says it may fail.
    pub fn png(&self) -> Result<Vec<u8>, AppError> {
        let side = (self.size + 2 * QUIET) * SCALE;
        let row_bytes = side.div_ceil(8);
        let mut pixels = vec![0xff; row_bytes * side];
        for y in 0..self.size * SCALE {
            for x in 0..self.size * SCALE {
                if self.is_dark(x / SCALE, y / SCALE) {
                    let (px, py) = (x + QUIET * SCALE, y + QUIET * SCALE);
                    pixels[py * row_bytes + px / 8] &= !(0x80 >> (px % 8));
                }
            }
        }
        let side = u32::try_from(side).map_err(AppError::internal)?;
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let mut writer = encoder.write_header().map_err(AppError::internal)?;
        writer.write_image_data(&pixels).map_err(AppError::internal)?;
        writer.finish().map_err(AppError::internal)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b6_a_code_is_dark_on_white_with_four_modules_of_quiet_around_it() {
        let code = Qr::of("https://chat.hana.example/i/0123456789abcdefghjkmnpqrstvwxyz").unwrap();
        assert_eq!(code.size, 33, "version 4");
        // The three finders, and their edges.
        for (x, y) in [(0, 0), (26, 0), (0, 26)] {
            assert!((0..7).all(|i| code.is_dark(x + i, y) && code.is_dark(x, y + i)));
        }
        let svg = code.svg();
        assert!(svg.contains("viewBox=\"0 0 41 41\"") && svg.contains("M4 4h7v1h-7z"), "{svg}");
        let png = code.png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let shape = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((shape.width, shape.height), (492, 492));
        let row = shape.line_size;
        let white = |px: usize, py: usize| pixels[py * row + px / 8] & (0x80 >> (px % 8)) != 0;
        assert!(
            (0..492).all(|i| (0..48).all(|q| white(i, q) && white(q, i) && white(i, 491 - q) && white(491 - q, i)))
        );
        assert!(!white(48, 48) && !white(443, 48));
        assert!(Qr::of(&"x".repeat(3_000)).is_err());
    }
}
