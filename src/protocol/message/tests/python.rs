//! Messages that Python's zlib compressed.

use data_encoding::HEXLOWER;

use super::inflated;
use crate::protocol::message::Inflater;

/// Made by Python 3.11 with zlib 1.2.13: `compressobj(6, DEFLATED, -bits)`, for each message `compress(message) +
/// flush(Z_SYNC_FLUSH)` without the last four bytes, and `00` for the empty message. The messages are those of
/// [`messages_of_python`].
pub(super) const PYTHON_15: [&str; 4] = [
    concat!(
        "6c92490a02411004ef3ea3cf1ea6aa3267fb8da08228082ea7c1bf0b0a824c5c934ae8e8c8a59df66deeb6ed7a6ef3e3",
        "f63cbc36cb278a6f74dc5deebf2c21ab75557066c8fa757580b311b2091edcc15d104624b48b0e89240ced9e0e092646",
        "684ff4d78493b16e275949c249419bc424e1e4006d7293845330b122398523839515c929c229185a919c229c82ad89e4",
        "8870045b13c911e108b6269223c2116c4d24c78463d89a498e09c7b035931c138e616b2639fec77903",
    ),
    concat!(
        "6cd23b0a02411405d1dc65746cd0ff999edd082a8882e02712f76e602032272daa82c77d9bf7e17ed91d9770be86ed68",
        "4bd89fc2eb0fce3ff8bc3dbe6c92d8051bea2ab10866d44962141c755dcf15e224d851378955b0a0ce129360443d8ac6",
        "119ccabaee129b60455d2466c1843a4a1c59e764fc9ac42ed85057894530a34e12a3e048f8b5a471043bea26b10a16d4",
        "5962128ca887b6d13178340da34bf0655a4567e0c5bee803",
    ),
    "00",
    "aa1e6d9b8db6cd46db66a36db361d1360300",
];

/// The same with a window of 512 bytes.
pub(super) const PYTHON_9: [&str; 4] = [
    concat!(
        "6c8f390a42411005738f31b1c1f436cbbf8da08228082ed1c7bb0b0a8274a58f2a78b596d3be2c755baee7b23c6ecfc3",
        "6bb37e26f94ec7dde5fedb1436cbaa0316b0b5ac76c0066c130e57e0843244c13602a94402ec4620c5c8007b02a894a3",
        "926d550229471dec209072b4833d08a41cabd936219072ccc0760229c71ad89d40cab1996daf003ae5b8826d04528e07",
        "d88d40caf101f60430282724dba104524e38d84120e544077b10f89ff306",
    ),
    concat!(
        "6c8f390a02411000739f31b1c1f435c7fe46580551103c22f1ef061b8874a5455550bbcff1713d9c9672b995fd8ca5ac",
        "e7f2fe83e3075ff7e7c63a898d6040ed241a41855a48ac04a7e77a38889d60833a48748206b59228042bd4d3401c04bb",
        "e5ba9118041d6a2351090ad495c4a9b4a3b9ee24368201b5936804156a21b1129c92eb212076820dea20d1091ad44aa2",
        "10ac504ff006cde4b48116749253034d6923a775435f00",
    ),
    "00",
    concat!(
        "6c8f390a02411405738fd1b141ffad97b98d300aa220b844e2dd0d0604f9953eaae0d5bb9cd7b2d47db95dcaf2bcbf8e",
        "9fdd36c9369d0ed7c76f53d82cab0e58c0d6b2da011bb04d385c8113ca1005db08a41209b01b81142303ec09a0528e4a",
        "b65509a41c75b08340cad10ef6209072ac66db8440ca3103db09a41c6b60770229c766b6bd02e894e30ab61148391e60",
        "370229c707d813c0a09c906c87124839e160078194131dec41e07fce17",
    ),
];

pub(super) fn messages_of_python() -> [Vec<u8>; 4] {
    let line = |n| format!("{{\"id\":{n},\"ok\":{}}}\n", n % 3 == 0);
    let text: String = (0..60).map(line).collect();
    let reversed = text.bytes().rev().collect();
    [text.clone().into(), reversed, Vec::new(), text.into()]
}

#[test]
fn messages_of_another_zlib_are_inflated() {
    for vectors in [PYTHON_15, PYTHON_9] {
        let mut inflater = Inflater::new(true);
        for (compressed, message) in vectors.iter().zip(messages_of_python()) {
            let compressed = HEXLOWER.decode(compressed.as_bytes()).unwrap();
            assert_eq!(inflated(&mut inflater, &compressed), Ok(message));
        }
    }
}
