//! Pictures that people upload: checked, bounded, and drawn anew.
//!
//! What is kept is never what was sent. A picture is decoded and encoded again, upright and small, so that no metadata
//! (a place, a camera, a name), no second format hidden behind the first and no trick against a decoder outlives the
//! upload (I-51, T-15). What a file claims to be counts for nothing: only its bytes are looked at.

use crate::App;
use crate::error::AppError;
use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, GenericImageView, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use liaison_store::members::Photo;
use sha2::{Digest, Sha256};
use std::io::Cursor;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The most bytes of an upload (L4): 10 MB.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// The most pixels, whatever the shape.
const MAX_PIXELS: u64 = 40_000_000;
/// The most bytes a decoded picture may take: all those pixels with four bytes each.
const MAX_DECODED: u64 = MAX_PIXELS * 4;
/// The longest side of what is kept.
const SIDE: u32 = 512;
/// How many uploads may wait to be drawn; each keeps its bytes in memory.
const WAITING: usize = 16;
const JPEG_QUALITY: u8 = 86;

/// What becomes of the edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The square in the middle: people's photos.
    Square,
    /// All of it: logos.
    Whole,
}

/// A picture as it is kept and handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// `image/jpeg` or, where something is transparent, `image/png`.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// Names these bytes: part of the picture's address, so that a new picture has a new one.
    pub digest: String,
}

impl Picture {
    fn new(media_type: &'static str, bytes: Vec<u8>) -> Self {
        let digest = digest(&bytes);
        Self { media_type, bytes, digest }
    }
}

impl From<Picture> for Photo {
    fn from(picture: Picture) -> Self {
        Self { media_type: picture.media_type.to_owned(), bytes: picture.bytes, digest: picture.digest }
    }
}

/// A stored picture with its digest, which one older than digests does not bring.
pub(crate) fn named(photo: Photo) -> Photo {
    let digest = if photo.digest.is_empty() { digest(&photo.bytes) } else { photo.digest };
    Photo { digest, ..photo }
}

/// A name for a picture's bytes, short enough for an address.
fn digest(bytes: &[u8]) -> String {
    crate::audit::hex(&Sha256::digest(bytes)[..8])
}

/// Bounds how much is decoded at once. A picture at the limit takes some 400 MB while it is decoded, so they come one
/// after the other.
#[derive(Debug)]
pub(crate) struct Easel {
    waiting: Arc<Semaphore>,
    drawing: Arc<Semaphore>,
}

impl Default for Easel {
    fn default() -> Self {
        Self { waiting: Arc::new(Semaphore::new(WAITING)), drawing: Arc::new(Semaphore::new(1)) }
    }
}

impl App {
    /// Checks an uploaded picture and draws it anew. Nothing is kept; no transaction may be open meanwhile.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where it is no picture of ours, cut off, or too large; [`AppError::Unavailable`] where many
    /// are waiting already.
    pub async fn draw_anew(&self, upload: Bytes, shape: Shape) -> Result<Picture, AppError> {
        let place = Arc::clone(&self.easel.waiting).try_acquire_owned().map_err(|_| AppError::Unavailable)?;
        let turn = Arc::clone(&self.easel.drawing).acquire_owned().await.map_err(AppError::internal)?;
        let drawn = tokio::task::spawn_blocking(move || {
            // Held by the work and not by the request: who hangs up does not make room while theirs is still decoded.
            let _held = (place, turn);
            draw(&upload, shape)
        });
        // A decoder that panics has met a file that is not sound; it ends here (I-33).
        drawn.await.unwrap_or_else(|_| Err(broken()))
    }
}

fn wrong(code: &str, text: &str) -> AppError {
    AppError::field("/picture", code, text)
}

fn broken() -> AppError {
    wrong("PICTURE_BROKEN", "is damaged or cut off: choose the file again, or save it anew as JPEG or PNG")
}

fn too_many_pixels() -> AppError {
    wrong(
        "TOO_MANY_PIXELS",
        "has more than 40 million pixels, or 20 million with 16 bits for each colour: make it smaller first",
    )
}

fn unreadable(error: &ImageError) -> AppError {
    match error {
        ImageError::Limits(_) => too_many_pixels(),
        _ => broken(),
    }
}

fn draw(upload: &[u8], shape: Shape) -> Result<Picture, AppError> {
    if upload.len() > MAX_BYTES {
        return Err(wrong("TOO_LARGE", "is larger than 10 MB: make it smaller first"));
    }
    let Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) = image::guess_format(upload) else {
        return Err(wrong("NOT_A_PICTURE", "is not a JPEG, PNG or WebP picture"));
    };
    if format == ImageFormat::Jpeg && !ends(upload) {
        return Err(broken());
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODED);
    let mut reader = ImageReader::with_format(Cursor::new(upload), format);
    reader.limits(limits);
    // Reads the header alone, so that what is announced is known before anything is decoded.
    let mut decoder = reader.into_decoder().map_err(|error| unreadable(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MAX_DECODED {
        return Err(too_many_pixels());
    }
    // A picture whose EXIF cannot be read is shown as it lies.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    // Of an animation this is the first frame.
    let decoded = DynamicImage::from_decoder(decoder).map_err(|error| unreadable(&error))?;
    let mut small = shrink(decoded, shape);
    small.apply_orientation(orientation);
    encode(small)
}

/// Whether a JPEG has its end. The decoder would fill what is missing with grey. Inside of a scan 0xFF is always
/// followed by something else, and a preview in the metadata ends before the picture's own scan begins.
fn ends(jpeg: &[u8]) -> bool {
    let last = |marker: u8| jpeg.windows(2).rposition(|pair| pair == [0xFF, marker]);
    matches!((last(0xDA), last(0xD9)), (Some(scan), Some(end)) if end > scan)
}

/// Never makes a picture larger than it came.
fn shrink(picture: DynamicImage, shape: Shape) -> DynamicImage {
    let (width, height) = picture.dimensions();
    let transparent = picture.color().has_alpha();
    let mut picture = if transparent { picture.into_rgba8().into() } else { DynamicImage::from(picture.into_rgb8()) };
    // Colours are weighed by how much of them is seen: what lies hidden in a transparent edge would shine through.
    each_transparent(&mut picture, |colour, alpha| u8::try_from(u16::from(colour) * u16::from(alpha) / 255).ok());
    let mut small = match shape {
        Shape::Square => {
            let side = SIDE.min(width).min(height);
            picture.resize_to_fill(side, side, FilterType::Triangle)
        }
        Shape::Whole if width.max(height) <= SIDE => picture,
        Shape::Whole => picture.resize(SIDE, SIDE, FilterType::Triangle),
    };
    each_transparent(&mut small, |colour, alpha| u8::try_from(u16::from(colour) * 255 / u16::from(alpha.max(1))).ok());
    small
}

fn each_transparent(picture: &mut DynamicImage, colour_of: impl Fn(u8, u8) -> Option<u8>) {
    let Some(pixels) = picture.as_mut_rgba8() else { return };
    for pixel in pixels.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        pixel.0 = [red, green, blue, 0].map(|colour| colour_of(colour, alpha).unwrap_or(255));
        pixel.0[3] = alpha;
    }
}

fn encode(picture: DynamicImage) -> Result<Picture, AppError> {
    let mut bytes = Vec::new();
    if picture.as_rgba8().is_some_and(|pixels| pixels.pixels().any(|pixel| pixel.0[3] < 255)) {
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).map_err(AppError::internal)?;
        return Ok(Picture::new("image/png", bytes));
    }
    let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    picture.into_rgb8().write_with_encoder(encoder).map_err(AppError::internal)?;
    Ok(Picture::new("image/jpeg", bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::png::PngEncoder;
    use image::codecs::webp::WebPEncoder;
    use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage, Rgba, RgbaImage};

    const RED: Rgb<u8> = Rgb([220, 20, 30]);
    const BLUE: Rgb<u8> = Rgb([20, 40, 220]);

    /// Red above, blue below.
    fn flag(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |_, y| if y < height / 2 { RED } else { BLUE })
    }

    fn jpeg(picture: &RgbImage, exif: Option<Vec<u8>>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
        if let Some(exif) = exif {
            encoder.set_exif_metadata(exif).unwrap();
        }
        picture.write_with_encoder(encoder).unwrap();
        bytes
    }

    fn png(picture: &DynamicImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    /// A TIFF of two tags: which way is up, and where it was taken, with a text that can be looked for.
    fn exif(orientation: u8) -> Vec<u8> {
        let mut tiff = b"MM\0*\0\0\0\x08\0\x02".to_vec();
        tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
        tiff.extend([0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38]);
        tiff.extend([0, 0, 0, 0]);
        // The GPS directory: its map datum.
        tiff.extend([0, 1, 0, 0x12, 0, 2, 0, 0, 0, 14, 0, 0, 0, 56, 0, 0, 0, 0]);
        tiff.extend(b"SECRET-PLACE-1");
        tiff
    }

    fn has(bytes: &[u8], text: &[u8]) -> bool {
        bytes.windows(text.len()).any(|window| window == text)
    }

    fn open(picture: &Picture) -> RgbaImage {
        image::load_from_memory(&picture.bytes).unwrap().into_rgba8()
    }

    fn near(pixel: Rgba<u8>, colour: Rgb<u8>) -> bool {
        pixel.0.iter().zip(colour.0).all(|(a, b)| a.abs_diff(b) < 40)
    }

    fn code(outcome: Result<Picture, AppError>) -> String {
        match outcome {
            Err(AppError::Invalid(errors)) => errors[0].code.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// A PNG whose header announces a size and whose data is none of it.
    fn png_announcing(width: u32, height: u32) -> Vec<u8> {
        let mut chunk = b"IHDR".to_vec();
        chunk.extend(width.to_be_bytes());
        chunk.extend(height.to_be_bytes());
        chunk.extend([8, 6, 0, 0, 0]);
        let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
        file.extend(&chunk);
        file.extend(crc(&chunk).to_be_bytes());
        let data = b"IDAT\x78\x9c\x63\0\0\0\x01\0\x01";
        file.extend(u32::try_from(data.len() - 4).unwrap().to_be_bytes());
        file.extend(data);
        file.extend(crc(data).to_be_bytes());
        file
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 })
        })
    }

    #[test]
    fn i51_a_photo_is_drawn_anew_as_a_small_square() {
        let sent = jpeg(&flag(1200, 800), None);
        let kept = draw(&sent, Shape::Square).unwrap();
        assert_eq!((kept.media_type, open(&kept).dimensions()), ("image/jpeg", (512, 512)));
        assert!(near(*open(&kept).get_pixel(256, 20), RED) && near(*open(&kept).get_pixel(256, 490), BLUE));
        assert_eq!(kept, draw(&sent, Shape::Square).unwrap(), "one file, one digest");
        assert_eq!(kept.digest.len(), 16);
        let whole = draw(&sent, Shape::Whole).unwrap();
        assert_eq!(open(&whole).dimensions(), (512, 341), "a logo keeps its edges");
        let little = draw(&jpeg(&flag(30, 20), None), Shape::Whole).unwrap();
        assert_eq!(open(&little).dimensions(), (30, 20), "nothing is made larger");
    }

    #[test]
    fn i51_what_is_transparent_stays_so_and_shows_no_hidden_colour() {
        let disc =
            RgbaImage::from_fn(900, 900, |x, _| if x < 450 { Rgba([255, 0, 0, 0]) } else { Rgba([0, 0, 255, 255]) });
        let kept = draw(&png(&disc.into()), Shape::Square).unwrap();
        assert_eq!(kept.media_type, "image/png");
        let drawn = open(&kept);
        assert_eq!(drawn.get_pixel(10, 256).0[3], 0);
        assert!(drawn.pixels().all(|p| p.0[3] == 0 || p.0[0] < 8), "red was nowhere to be seen");
        let opaque = RgbaImage::from_pixel(40, 40, Rgba([1, 2, 3, 255]));
        assert_eq!(draw(&png(&opaque.into()), Shape::Square).unwrap().media_type, "image/jpeg");
    }

    #[test]
    fn t15_a_place_in_the_metadata_is_gone_and_the_photo_upright() {
        // Lies on its side; orientation 6 says: turn it right by a quarter.
        let lying = image::imageops::rotate270(&flag(600, 800));
        let sent = jpeg(&lying, Some(exif(6)));
        assert!(has(&sent, b"SECRET-PLACE-1") && has(&sent, b"Exif"), "the place was in what was sent");
        for shape in [Shape::Square, Shape::Whole] {
            let kept = draw(&sent, shape).unwrap();
            assert!(!has(&kept.bytes, b"SECRET-PLACE-1") && !has(&kept.bytes, b"Exif"));
            let upright = open(&kept);
            let (width, height) = upright.dimensions();
            assert_eq!((width, height), if shape == Shape::Square { (512, 512) } else { (384, 512) });
            assert!(
                near(*upright.get_pixel(width / 2, 10), RED) && near(*upright.get_pixel(width / 2, height - 10), BLUE)
            );
        }
        let mut sent = Vec::new();
        let mut encoder = WebPEncoder::new_lossless(&mut sent);
        encoder.set_exif_metadata(exif(3)).unwrap();
        encoder.write_image(&flag(60, 60), 60, 60, ExtendedColorType::Rgb8).unwrap();
        let kept = draw(&sent, Shape::Square).unwrap();
        assert!(has(&sent, b"SECRET-PLACE-1") && !has(&kept.bytes, b"SECRET-PLACE-1"));
        assert!(near(*open(&kept).get_pixel(30, 5), BLUE), "orientation 3 stands on its head");
    }

    #[test]
    fn t15_a_picture_that_would_explode_is_refused_by_its_header() {
        for (width, height) in [(100_000, 100_000), (u32::MAX >> 1, 1), (1, u32::MAX >> 1), (40_000_001, 1)] {
            assert_eq!(code(draw(&png_announcing(width, height), Shape::Square)), "TOO_MANY_PIXELS");
        }
        // Within the pixels, and yet twice the memory.
        let mut deep = Vec::new();
        let wide = vec![0; 24 * 8];
        PngEncoder::new(&mut deep).write_image(&wide, 6, 4, ExtendedColorType::Rgba16).unwrap();
        assert!(draw(&deep, Shape::Square).is_ok(), "16 bits for each colour are fine as such");
        deep[16..20].copy_from_slice(&5_000_u32.to_be_bytes());
        deep[20..24].copy_from_slice(&5_000_u32.to_be_bytes());
        let sum = crc(&deep[12..29]).to_be_bytes();
        deep[29..33].copy_from_slice(&sum);
        assert_eq!(code(draw(&deep, Shape::Square)), "TOO_MANY_PIXELS");
        // Announces what is permitted, and has nothing of it.
        assert_eq!(code(draw(&png_announcing(2_000, 2_000), Shape::Square)), "PICTURE_BROKEN");
    }

    #[test]
    fn t15_a_file_that_is_cut_off_or_damaged_is_refused() {
        let photo = flag(300, 200);
        let with_preview = {
            let mut exif = exif(1);
            exif.extend(jpeg(&flag(16, 16), None));
            jpeg(&photo, Some(exif))
        };
        let mut webp = Vec::new();
        WebPEncoder::new_lossless(&mut webp).write_image(&photo, 300, 200, ExtendedColorType::Rgb8).unwrap();
        for sent in [jpeg(&photo, None), with_preview, png(&photo.clone().into()), webp] {
            assert!(draw(&sent, Shape::Square).is_ok());
            for keep in [1, 2, 3] {
                let cut = &sent[..sent.len() * keep / 4];
                assert_eq!(code(draw(cut, Shape::Square)), "PICTURE_BROKEN", "{keep} quarters of {}", sent.len());
            }
        }
    }

    #[test]
    fn i51_only_the_bytes_say_what_a_file_is() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        let gif = b"GIF89a\x01\0\x01\0\0\0\0;";
        let pdf = b"%PDF-1.7\n1 0 obj";
        for sent in [&svg[..], gif, pdf, b"", b"\xff", b"<?xml version='1.0'?><svg/>", b"BM6\0\0\0"] {
            assert_eq!(code(draw(sent, Shape::Square)), "NOT_A_PICTURE");
        }
    }

    #[test]
    fn t15_a_second_format_in_the_same_file_does_not_outlive_it() {
        let script = b"<html><script>alert(document.domain)</script></html>";
        let zip = b"PK\x03\x04\x14\0\0\0evil.exe";
        for photo in [jpeg(&flag(64, 64), None), png(&flag(64, 64).into())] {
            let mut sent = photo;
            sent.extend(script);
            sent.extend(zip);
            let kept = draw(&sent, Shape::Square).unwrap();
            assert!(!has(&kept.bytes, b"<script") && !has(&kept.bytes, b"PK\x03\x04"));
        }
    }

    #[test]
    fn t15_random_damage_is_refused_or_drawn_and_never_ends_the_process() {
        let seed: u64 = std::env::var("LIAISON_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(rand::random);
        println!("LIAISON_SEED={seed}");
        let mut state = seed | 1;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % 1_000_003).unwrap()
        };
        let mut webp = Vec::new();
        WebPEncoder::new_lossless(&mut webp).write_image(&flag(40, 30), 40, 30, ExtendedColorType::Rgb8).unwrap();
        let sound = [jpeg(&flag(40, 30), Some(exif(8))), png(&flag(40, 30).into()), webp];
        let (mut drawn, mut refused) = (0, 0);
        for round in 0..600 {
            let mut sent = sound[round % 3].clone();
            for _ in 0..=next() % 6 {
                let at = next() % sent.len();
                sent[at] = u8::try_from(next() % 256).unwrap();
            }
            // What the process survives by way of `spawn_blocking` is no panic to be proud of, but no harm either.
            match std::panic::catch_unwind(|| draw(&sent, Shape::Square)) {
                Ok(Ok(_)) => drawn += 1,
                Ok(Err(AppError::Invalid(_))) | Err(_) => refused += 1,
                Ok(Err(other)) => panic!("{other:?}"),
            }
        }
        assert!(drawn > 0 && refused > 0, "{drawn} drawn, {refused} refused");
    }
}
