import Layers
import OCI
import Testing

@testable import SBOM

@Suite struct BasePackageTests {
    private func names(_ packages: [BasePackage]) -> [String] { packages.map(\.component.packageURL.text) }

    @Test func bothKindsAreFound() throws {
        #expect(
            try names(BasePackage.all(in: BaseTree.debian())) == [
                "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12",
                "pkg:deb/debian/tzdata@1:2024a-0%2Bdeb12u1?arch=all&distro=debian-12",
                "pkg:pypi/alpha@0.9", "pkg:pypi/pip@24.0", "pkg:pypi/pip@24.0", "pkg:pypi/typing-extensions@4.0",
            ])
    }

    @Test func aPackageIsListedOnceAndAReplacedOneNotAtAll() throws {
        let bill = try SamplePlan.bill()
        let names = try #require(bill.basePackages).map(\.packageURL.text)
        // alpha 1.0 stands in the same directory.
        #expect(names.filter { $0.hasPrefix("pkg:pypi/") } == ["pkg:pypi/pip@24.0", "pkg:pypi/typing-extensions@4.0"])
        #expect(
            bill.packages.map(\.packageURL.text) == [
                "pkg:pypi/alpha@1.0", "pkg:pypi/torch@2.3.0%2Bcpu", "pkg:pypi/zope-interface@6.0",
            ])
    }

    @Test func aFileAPackageIsReadToo() {
        let tree = BaseTree.tree([
            "usr/lib/os-release": "ID='ubuntu'\nVERSION_ID='24.04'\n",
            "var/lib/dpkg/status.d/base": "Package: base-files\nVersion: 13\nArchitecture: amd64\n",
            "var/lib/dpkg/status.d/base.md5sums": "Package: no\nVersion: 1\n",
        ])
        #expect(names(BasePackage.all(in: tree)) == ["pkg:deb/ubuntu/base-files@13?arch=amd64&distro=ubuntu-24.04"])
        #expect(BasePackage.all(in: BaseTree.tree([:])) == [])
    }

    @Test func anImagesNameIsItsRepositorysLast() throws {
        let component = ImageComponent(
            name: "x", digest: try .of("x"), reference: try Reference("127.0.0.1:5000/team/app:1"),
            platform: SamplePlan.platform)
        #expect(
            PackageURL(component).text
                == "pkg:oci/app@\(component.digest)?arch=amd64&repository_url=127.0.0.1:5000/team/app&tag=1")
    }
}
