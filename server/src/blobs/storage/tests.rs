use super::*;
use futures::stream;
use object_store::memory::InMemory;

const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

struct Place {
    blobs: Blobs,
    folder: tempfile::TempDir,
}

fn folder() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    Place { blobs: Blobs::in_folder(&folder.path().join("blobs")).expect("blobs"), folder }
}

/// The same calls against a folder and against a store that is none.
fn both() -> [Place; 2] {
    let folder_for_drafts = tempfile::tempdir().expect("a folder");
    let elsewhere = Blobs::in_store(Arc::new(InMemory::new()), folder_for_drafts.path().join("incoming"));
    [folder(), Place { blobs: elsewhere, folder: folder_for_drafts }]
}

fn chunks(parts: &[&str]) -> impl futures::Stream<Item = io::Result<Bytes>> + use<> {
    stream::iter(parts.iter().map(|part| Ok(Bytes::copy_from_slice(part.as_bytes()))).collect::<Vec<_>>())
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn what_goes_in_comes_out_by_its_digest() {
    for place in both() {
        let blob = place.blobs.put_stream(chunks(&["hel", "lo"]), Intake::up_to(5)).await.expect("stored");
        assert_eq!(blob, Blob { digest: HELLO.into(), size: 5 });
        assert_eq!(place.blobs.put_bytes("hello").await.expect("stored again"), blob);
        assert!(place.blobs.exists(HELLO).await.expect("an answer"));
        assert_eq!(place.blobs.get_bytes(HELLO, 5).await.expect("read").expect("there"), "hello");
        assert!(matches!(place.blobs.get_bytes(HELLO, 4).await, Err(BlobError::TooLarge { limit: 4 })));
        let part = place.blobs.get_range(HELLO, 1..3).await.expect("read").expect("there");
        assert_eq!((part.size, part.stream.try_collect::<Vec<Bytes>>().await.expect("read").concat()), (5, b"el".to_vec()));
        place.blobs.delete(HELLO).await.expect("deleted");
        place.blobs.delete(HELLO).await.expect("deleting nothing is fine");
        assert!(place.blobs.get(HELLO).await.expect("an answer").is_none());
        assert!(place.blobs.get_bytes(HELLO, 5).await.expect("an answer").is_none());
    }
}

#[tokio::test]
async fn a_folder_holds_exactly_the_blob_at_its_sharded_path() {
    let place = folder();
    place.blobs.put_stream(chunks(&["hello"]), Intake::up_to(5)).await.expect("stored");
    let path = place.blobs.local_path(HELLO).expect("a digest").expect("local");
    assert!(path.ends_with(format!("2c/{}", &HELLO[2..])));
    assert_eq!(files_below(place.folder.path()), [place.folder.path().canonicalize().expect("a path").join(path)]);
}

#[tokio::test]
async fn a_refused_upload_leaves_nothing_behind() {
    for place in both() {
        let too_large = place.blobs.put_stream(chunks(&["hel", "lo"]), Intake::up_to(4)).await;
        assert!(matches!(too_large, Err(BlobError::TooLarge { limit: 4 })));
        let other = place.blobs.put_stream(chunks(&["hullo"]), Intake { limit: 9, expected: Some(HELLO) }).await;
        assert!(matches!(other, Err(BlobError::OtherContent { .. })));
        let broken = chunks(&["hel"]).chain(stream::iter([Err(io::Error::other("the line broke"))]));
        let broken = place.blobs.put_stream(broken, Intake::up_to(9)).await.expect_err("broken");
        assert!(broken.to_string().contains("the line broke"), "{broken}");
        assert_eq!(files_below(place.folder.path()), Vec::<PathBuf>::new());
        assert!(!place.blobs.exists(HELLO).await.expect("an answer"));
    }
}

#[tokio::test]
async fn an_expected_digest_that_fits_is_taken() {
    let place = folder();
    let source = place.folder.path().join("source");
    fs::write(&source, "hello").expect("written");
    let blob = place.blobs.put_file(&source, Intake { limit: 5, expected: Some(HELLO) }).await.expect("stored");
    assert_eq!(blob.size, 5);
    assert!(source.exists(), "the file itself stays");
}

#[tokio::test]
async fn nothing_but_a_digest_becomes_a_path() {
    let blobs = folder().blobs;
    let upper = HELLO.to_uppercase();
    let climbing = format!("../{}", &HELLO[3..]);
    for bad in ["", "..", "../../etc/passwd", &HELLO[1..], &format!("{HELLO}0"), &upper, &climbing, &"é".repeat(32)] {
        assert!(matches!(blobs.get(bad).await, Err(BlobError::BadDigest(_))), "{bad}");
        assert!(matches!(blobs.exists(bad).await, Err(BlobError::BadDigest(_))));
        assert!(matches!(blobs.delete(bad).await, Err(BlobError::BadDigest(_))));
        assert!(matches!(blobs.local_path(bad), Err(BlobError::BadDigest(_))));
        let put = blobs.put_stream(chunks(&["x"]), Intake { limit: 9, expected: Some(bad) }).await;
        assert!(matches!(put, Err(BlobError::BadDigest(_))));
    }
}

#[tokio::test]
async fn the_same_blob_from_many_sides_at_once_is_stored_once() {
    let place = folder();
    let puts = (0..16).map(|_| place.blobs.put_stream(chunks(&["hel", "lo"]), Intake::up_to(5)));
    for stored in futures::future::join_all(puts).await {
        assert_eq!(stored.expect("stored").digest, HELLO);
    }
    assert_eq!(files_below(place.folder.path()).len(), 1);
}

#[tokio::test]
async fn a_large_blob_goes_through_in_pieces() {
    for place in both() {
        let piece = Bytes::from(vec![7_u8; 1 << 20]);
        let pieces = stream::iter((0..12).map(move |_| Ok(piece.clone())));
        let blob = place.blobs.put_stream(pieces, Intake::up_to(12 << 20)).await.expect("stored");
        let content = place.blobs.get(&blob.digest).await.expect("read").expect("there");
        let read = content.stream.try_fold(0, |sum, bytes| async move { Ok(sum + bytes.len()) }).await.expect("read");
        assert_eq!((read, content.size), (12 << 20, 12 << 20));
    }
}

#[tokio::test]
async fn only_old_drafts_are_swept() {
    let place = folder();
    let incoming = place.folder.path().join("blobs/incoming");
    fs::write(incoming.join("blob-left"), "half").expect("written");
    fs::write(incoming.join("other"), "not ours").expect("written");
    assert_eq!(place.blobs.remove_stale_uploads(0).await.expect("swept"), 0);
    assert_eq!(place.blobs.remove_stale_uploads(i64::MAX / 2).await.expect("swept"), 1);
    assert!(incoming.join("other").exists());
}
